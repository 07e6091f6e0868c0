//! Expressions as text: tokens, and what `#names` and `:values` stand for.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fault::validation;
use super::path::{Path, Step};
use super::value::{Attr, Item, checked};
use crate::reply::Fault;

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word: an attribute's name, a function or a keyword.
    Word(String),
    /// `#name`.
    Name(String),
    /// `:value`.
    Value(String),
    /// Digits, in a list index.
    Number(usize),
    /// Punctuation and comparators.
    Sign(&'static str),
}

const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "[", "]", "+", "-"];

/// Tells which names and values of a request its expressions used: all must be.
#[derive(Debug, Default)]
pub(super) struct Scope {
    names: BTreeMap<String, String>,
    values: Item,
    used: BTreeSet<String>,
}

impl Scope {
    pub(super) fn new(
        names: Option<BTreeMap<String, String>>,
        values: Option<Item>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            names: names.unwrap_or_default(),
            values: checked(values.unwrap_or_default())?,
            used: BTreeSet::new(),
        })
    }

    /// Refuses where something was given that no expression used.
    pub(super) fn all_used(&self) -> Result<(), Fault> {
        let unused = |given: Vec<&String>, what: &str| {
            let unused: Vec<&str> = given
                .into_iter()
                .filter(|key| !self.used.contains(*key))
                .map(String::as_str)
                .collect();
            if unused.is_empty() {
                return Ok(());
            }
            Err(validation(format!(
                "Value provided in {what} unused in expressions: keys: {{{}}}",
                unused.join(", ")
            )))
        };
        unused(self.names.keys().collect(), "ExpressionAttributeNames")?;
        unused(self.values.keys().collect(), "ExpressionAttributeValues")
    }

    fn name(&mut self, token: &str) -> Result<String, Fault> {
        self.used.insert(token.to_owned());
        self.names.get(token).cloned().ok_or_else(|| {
            validation(format!(
                "An expression attribute name used in the document path is not defined; \
                 attribute name: {token}"
            ))
        })
    }

    fn value(&mut self, token: &str) -> Result<Attr, Fault> {
        self.used.insert(token.to_owned());
        self.values.get(token).cloned().ok_or_else(|| {
            validation(format!(
                "An expression attribute value used in expression is not defined; \
                 attribute value: {token}"
            ))
        })
    }
}

/// Reads one expression, token by token.
pub(super) struct Parser<'a> {
    what: &'static str,
    tokens: Vec<Token>,
    at: usize,
    scope: &'a mut Scope,
}

impl<'a> Parser<'a> {
    /// `what` is the parameter's name, for refusals.
    pub(super) fn new(what: &'static str, text: &str, scope: &'a mut Scope) -> Result<Self, Fault> {
        if text.trim().is_empty() {
            return Err(validation(format!("Invalid {what}: The expression can not be empty;")));
        }
        let Some(tokens) = tokens(text) else {
            return Err(validation(format!("Invalid {what}: Syntax error in: {text}")));
        };
        Ok(Self { what, tokens, at: 0, scope })
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// The refusal at this place.
    pub(super) fn wrong(&self) -> Fault {
        let near = self.tokens.get(self.at.saturating_sub(1)).or(self.tokens.last());
        let near = match near {
            Some(Token::Word(text) | Token::Name(text) | Token::Value(text)) => text.clone(),
            Some(Token::Number(number)) => number.to_string(),
            Some(Token::Sign(sign)) => (*sign).to_owned(),
            None => String::new(),
        };
        validation(format!("Invalid {}: Syntax error; near: \"{near}\"", self.what))
    }

    pub(super) fn sign(&mut self, sign: &'static str) -> bool {
        let is = self.peek() == Some(&Token::Sign(sign));
        if is {
            self.at += 1;
        }
        is
    }

    pub(super) fn must_sign(&mut self, sign: &'static str) -> Result<(), Fault> {
        if self.sign(sign) { Ok(()) } else { Err(self.wrong()) }
    }

    /// A keyword, in any case.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let is =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if is {
            self.at += 1;
        }
        is
    }

    /// A function's name with its opening parenthesis.
    pub(super) fn function(&mut self) -> Option<String> {
        match (self.tokens.get(self.at), self.tokens.get(self.at + 1)) {
            (Some(Token::Word(word)), Some(Token::Sign("("))) => {
                let word = word.clone();
                self.at += 2;
                Some(word)
            }
            _ => None,
        }
    }

    /// `:value`, where one is next.
    pub(super) fn value(&mut self) -> Result<Option<Attr>, Fault> {
        let Some(Token::Value(token)) = self.peek().cloned() else { return Ok(None) };
        self.at += 1;
        self.scope.value(&token).map(Some)
    }

    /// A document path.
    pub(super) fn path(&mut self) -> Result<Path, Fault> {
        let mut steps = vec![self.step()?];
        loop {
            if self.sign(".") {
                steps.push(self.step()?);
            } else if self.sign("[") {
                let Some(Token::Number(index)) = self.next() else { return Err(self.wrong()) };
                self.must_sign("]")?;
                steps.push(Step::At(index));
            } else {
                return Ok(Path(steps));
            }
        }
    }

    fn step(&mut self) -> Result<Step, Fault> {
        match self.next() {
            Some(Token::Word(word)) => Ok(Step::Name(word)),
            Some(Token::Name(token)) => self.scope.name(&token).map(Step::Name),
            _ => Err(self.wrong()),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Fault> {
        if self.at >= self.tokens.len() { Ok(()) } else { Err(self.wrong()) }
    }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |from: usize| {
            rest[from..].find(|c: char| !is_word(c)).map_or(rest.len(), |found| found + from)
        };
        let end = match first {
            '#' | ':' => {
                let end = length(1);
                if end == 1 {
                    return None;
                }
                let word = rest[..end].to_owned();
                tokens.push(if first == '#' { Token::Name(word) } else { Token::Value(word) });
                end
            }
            c if c.is_ascii_digit() => {
                let end = length(0);
                tokens.push(Token::Number(rest[..end].parse().ok()?));
                end
            }
            c if is_word(c) => {
                let end = length(0);
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
                tokens.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest[end..].trim_start();
    }
    Some(tokens)
}
