//! Conditions: `ConditionExpression`, `FilterExpression`, `KeyConditionExpression`.

use std::cmp::Ordering;

use super::super::fault::validation;
use super::path::Path;
use super::scope::{Parser, Scope, Token};
use super::value::{Attr, Item};
use crate::reply::Fault;

/// Something that has a value.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Path(Path),
    Value(Attr),
    Size(Path),
}

impl Operand {
    fn get(&self, item: &Item) -> Option<Attr> {
        match self {
            Self::Path(path) => path.get(item).cloned(),
            Self::Value(value) => Some(value.clone()),
            Self::Size(path) => Some(Attr::N(path.get(item)?.length()?.to_string())),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug)]
pub(super) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Comparator, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    OfType(Path, String),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

impl Condition {
    pub(super) fn parse(what: &'static str, text: &str, scope: &mut Scope) -> Result<Self, Fault> {
        let mut parser = Parser::new(what, text, scope)?;
        let condition = or(&mut parser)?;
        parser.end()?;
        Ok(condition)
    }

    /// Whether it holds of an item; of no item, the item is empty.
    pub(super) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(a) => !a.holds(item),
            Self::Compare(a, comparator, b) => compare(a.get(item), *comparator, b.get(item)),
            Self::Between(value, low, high) => {
                let value = value.get(item);
                compare(value.clone(), Comparator::GreaterOrEqual, low.get(item))
                    && compare(value, Comparator::LessOrEqual, high.get(item))
            }
            Self::In(value, list) => {
                let value = value.get(item);
                list.iter().any(|entry| compare(value.clone(), Comparator::Equal, entry.get(item)))
            }
            Self::Exists(path) => path.get(item).is_some(),
            Self::NotExists(path) => path.get(item).is_none(),
            Self::OfType(path, kind) => path.get(item).is_some_and(|value| value.kind() == kind),
            Self::BeginsWith(value, prefix) => match (value.get(item), prefix.get(item)) {
                (Some(Attr::S(value)), Some(Attr::S(prefix))) => value.starts_with(&prefix),
                (Some(Attr::B(value)), Some(Attr::B(prefix))) => {
                    let bytes = |text: &str| super::value::bytes(text).unwrap_or_default();
                    bytes(&value).starts_with(&bytes(&prefix))
                }
                _ => false,
            },
            Self::Contains(value, part) => match (value.get(item), part.get(item)) {
                (Some(Attr::S(value)), Some(Attr::S(part))) => value.contains(&part),
                (Some(Attr::Strings(set)), Some(Attr::S(part)))
                | (Some(Attr::Numbers(set)), Some(Attr::N(part)))
                | (Some(Attr::Binaries(set)), Some(Attr::B(part))) => set.contains(&part),
                (Some(Attr::L(list)), Some(part)) => list.contains(&part),
                _ => false,
            },
        }
    }

    /// The conditions that `AND` joins; itself, where none does.
    pub(super) fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::And(a, b) => {
                let mut all = a.conjuncts();
                all.extend(b.conjuncts());
                all
            }
            other => vec![other],
        }
    }
}

fn compare(a: Option<Attr>, comparator: Comparator, b: Option<Attr>) -> bool {
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) => (a, b),
        // What is not there differs from everything, and is not ordered.
        _ => return comparator == Comparator::NotEqual,
    };
    match comparator {
        Comparator::Equal => a == b,
        Comparator::NotEqual => a != b,
        _ => match (a.compare(&b), comparator) {
            (Some(order), Comparator::Less) => order == Ordering::Less,
            (Some(order), Comparator::LessOrEqual) => order != Ordering::Greater,
            (Some(order), Comparator::Greater) => order == Ordering::Greater,
            (Some(order), Comparator::GreaterOrEqual) => order != Ordering::Less,
            _ => false,
        },
    }
}

fn or(parser: &mut Parser<'_>) -> Result<Condition, Fault> {
    let mut left = and(parser)?;
    while parser.keyword("OR") {
        left = Condition::Or(Box::new(left), Box::new(and(parser)?));
    }
    Ok(left)
}

fn and(parser: &mut Parser<'_>) -> Result<Condition, Fault> {
    let mut left = not(parser)?;
    while parser.keyword("AND") {
        left = Condition::And(Box::new(left), Box::new(not(parser)?));
    }
    Ok(left)
}

fn not(parser: &mut Parser<'_>) -> Result<Condition, Fault> {
    if parser.keyword("NOT") {
        return Ok(Condition::Not(Box::new(not(parser)?)));
    }
    if parser.sign("(") {
        let inner = or(parser)?;
        parser.must_sign(")")?;
        return Ok(inner);
    }
    term(parser)
}

fn operand(parser: &mut Parser<'_>) -> Result<Operand, Fault> {
    if let Some(value) = parser.value()? {
        return Ok(Operand::Value(value));
    }
    match parser.function() {
        Some(name) if name == "size" => {
            let path = parser.path()?;
            parser.must_sign(")")?;
            Ok(Operand::Size(path))
        }
        Some(name) => Err(validation(format!("Invalid function name; function: {name}"))),
        None => parser.path().map(Operand::Path),
    }
}

fn term(parser: &mut Parser<'_>) -> Result<Condition, Fault> {
    let is_size = matches!(parser.peek(), Some(Token::Word(word)) if word == "size");
    if !is_size && let Some(name) = parser.function() {
        let condition = match name.as_str() {
            "attribute_exists" => Condition::Exists(parser.path()?),
            "attribute_not_exists" => Condition::NotExists(parser.path()?),
            "attribute_type" => {
                let path = parser.path()?;
                parser.must_sign(",")?;
                match parser.value()? {
                    Some(Attr::S(kind)) => Condition::OfType(path, kind),
                    _ => return Err(parser.wrong()),
                }
            }
            "begins_with" => {
                let value = operand(parser)?;
                parser.must_sign(",")?;
                Condition::BeginsWith(value, operand(parser)?)
            }
            "contains" => {
                let value = operand(parser)?;
                parser.must_sign(",")?;
                Condition::Contains(value, operand(parser)?)
            }
            _ => return Err(validation(format!("Invalid function name; function: {name}"))),
        };
        parser.must_sign(")")?;
        return Ok(condition);
    }
    let left = operand(parser)?;
    if parser.keyword("BETWEEN") {
        let low = operand(parser)?;
        if !parser.keyword("AND") {
            return Err(parser.wrong());
        }
        return Ok(Condition::Between(left, low, operand(parser)?));
    }
    if parser.keyword("IN") {
        parser.must_sign("(")?;
        let mut list = vec![operand(parser)?];
        while parser.sign(",") {
            list.push(operand(parser)?);
        }
        parser.must_sign(")")?;
        return Ok(Condition::In(left, list));
    }
    let comparator = match parser.next() {
        Some(Token::Sign("=")) => Comparator::Equal,
        Some(Token::Sign("<>")) => Comparator::NotEqual,
        Some(Token::Sign("<")) => Comparator::Less,
        Some(Token::Sign("<=")) => Comparator::LessOrEqual,
        Some(Token::Sign(">")) => Comparator::Greater,
        Some(Token::Sign(">=")) => Comparator::GreaterOrEqual,
        _ => return Err(parser.wrong()),
    };
    Ok(Condition::Compare(left, comparator, operand(parser)?))
}
