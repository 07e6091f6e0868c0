//! `UpdateExpression`: `SET`, `REMOVE`, `ADD`, `DELETE`.

use super::super::fault::validation;
use super::path::Path;
use super::scope::{Parser, Scope};
use super::value::{Attr, Item, number};
use crate::reply::Fault;

/// One change of an item.
#[derive(Clone, Debug)]
enum Action {
    Set(Path, Expr),
    Remove(Path),
    Add(Path, Attr),
    Delete(Path, Attr),
}

/// What `SET` sets; read from the item as it was.
#[derive(Clone, Debug)]
enum Expr {
    Path(Path),
    Value(Attr),
    Plus(Box<Expr>, Box<Expr>),
    Minus(Box<Expr>, Box<Expr>),
    IfNotExists(Path, Box<Expr>),
    Append(Box<Expr>, Box<Expr>),
}

/// A parsed update expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Update {
    actions: Vec<Action>,
}

impl Action {
    fn path(&self) -> &Path {
        match self {
            Self::Set(path, _)
            | Self::Remove(path)
            | Self::Add(path, _)
            | Self::Delete(path, _) => path,
        }
    }
}

impl Update {
    pub(super) fn parse(text: &str, scope: &mut Scope) -> Result<Self, Fault> {
        let mut parser = Parser::new("UpdateExpression", text, scope)?;
        let mut actions = Vec::new();
        let mut clauses = Vec::new();
        while parser.peek().is_some() {
            let Some(clause) =
                ["SET", "REMOVE", "ADD", "DELETE"].into_iter().find(|word| parser.keyword(word))
            else {
                return Err(parser.wrong());
            };
            if clauses.contains(&clause) {
                return Err(validation(format!(
                    "Invalid UpdateExpression: The \"{clause}\" section can only be used once in \
                     an update expression;"
                )));
            }
            clauses.push(clause);
            loop {
                let path = parser.path()?;
                actions.push(match clause {
                    "SET" => {
                        parser.must_sign("=")?;
                        Action::Set(path, sum(&mut parser)?)
                    }
                    "REMOVE" => Action::Remove(path),
                    _ => {
                        let Some(value) = parser.value()? else { return Err(parser.wrong()) };
                        if clause == "ADD" {
                            Action::Add(path, value)
                        } else {
                            Action::Delete(path, value)
                        }
                    }
                });
                if !parser.sign(",") {
                    break;
                }
            }
        }
        for (at, action) in actions.iter().enumerate() {
            if let Some(other) =
                actions[..at].iter().find(|other| other.path().overlaps(action.path()))
            {
                return Err(validation(format!(
                    "Invalid UpdateExpression: Two document paths overlap with each other; must \
                     remove or rewrite one of these paths; path one: [{}], path two: [{}]",
                    other.path(),
                    action.path()
                )));
            }
        }
        Ok(Self { actions })
    }

    /// What it changes.
    pub(super) fn paths(&self) -> Vec<Path> {
        self.actions.iter().map(|action| action.path().clone()).collect()
    }

    /// The item after the update.
    pub(super) fn apply(&self, before: &Item) -> Result<Item, Fault> {
        let mut after = before.clone();
        let mut removals: Vec<&Path> = Vec::new();
        for action in &self.actions {
            match action {
                Action::Set(path, expr) => {
                    if !path.set(&mut after, expr.get(before)?) {
                        return Err(invalid_path());
                    }
                }
                Action::Remove(path) => removals.push(path),
                Action::Add(path, value) => {
                    let sum = match (path.get(before), value) {
                        (
                            None,
                            Attr::N(_) | Attr::Strings(_) | Attr::Numbers(_) | Attr::Binaries(_),
                        ) => value.clone(),
                        (Some(Attr::N(a)), Attr::N(b)) => plus(a, b, false)?,
                        (Some(have), more) => union(have, more).ok_or_else(wrong_type)?,
                        _ => return Err(wrong_type()),
                    };
                    if !path.set(&mut after, sum) {
                        return Err(invalid_path());
                    }
                }
                Action::Delete(path, value) => match path.get(before) {
                    None => {}
                    Some(have) => match difference(have, value).ok_or_else(wrong_type)? {
                        Some(rest) => {
                            path.set(&mut after, rest);
                        }
                        None => path.remove(&mut after),
                    },
                },
            }
        }
        // Elements of one list are removed from the back, so that indexes keep their meaning.
        removals.sort_by_key(|path| std::cmp::Reverse(last_index(path)));
        for path in removals {
            path.remove(&mut after);
        }
        Ok(after)
    }
}

fn last_index(path: &Path) -> usize {
    match path.0.last() {
        Some(super::path::Step::At(index)) => *index,
        _ => 0,
    }
}

fn invalid_path() -> Fault {
    validation("The document path provided in the update expression is invalid for update")
}

fn wrong_type() -> Fault {
    validation("An operand in the update expression has an incorrect data type")
}

impl Expr {
    fn get(&self, item: &Item) -> Result<Attr, Fault> {
        match self {
            Self::Path(path) => path.get(item).cloned().ok_or_else(|| {
                validation(
                    "The provided expression refers to an attribute that does not exist in the item",
                )
            }),
            Self::Value(value) => Ok(value.clone()),
            Self::IfNotExists(path, otherwise) => match path.get(item) {
                Some(value) => Ok(value.clone()),
                None => otherwise.get(item),
            },
            Self::Append(a, b) => match (a.get(item)?, b.get(item)?) {
                (Attr::L(mut list), Attr::L(more)) => {
                    list.extend(more);
                    Ok(Attr::L(list))
                }
                _ => Err(wrong_type()),
            },
            Self::Plus(a, b) | Self::Minus(a, b) => match (a.get(item)?, b.get(item)?) {
                (Attr::N(a), Attr::N(b)) => plus(&a, &b, matches!(self, Self::Minus(..))),
                _ => Err(wrong_type()),
            },
        }
    }
}

fn plus(a: &str, b: &str, negate: bool) -> Result<Attr, Fault> {
    let b = number(b)?;
    let sum = number(a)?.plus(if negate { b.negate() } else { b });
    match sum {
        Some(sum) => Ok(Attr::N(sum.to_string())),
        None => Err(validation("Number overflow: the result has more than 38 significant digits")),
    }
}

fn union(have: &Attr, more: &Attr) -> Option<Attr> {
    let join = |a: &Vec<String>, b: &Vec<String>| {
        let mut all: Vec<String> = a.iter().chain(b).cloned().collect();
        all.sort();
        all.dedup();
        all
    };
    Some(match (have, more) {
        (Attr::Strings(a), Attr::Strings(b)) => Attr::Strings(join(a, b)),
        (Attr::Numbers(a), Attr::Numbers(b)) => Attr::Numbers(join(a, b)),
        (Attr::Binaries(a), Attr::Binaries(b)) => Attr::Binaries(join(a, b)),
        _ => return None,
    })
}

/// The rest of a set, `Some(None)` where nothing is left; `None` for what are not like sets.
fn difference(have: &Attr, less: &Attr) -> Option<Option<Attr>> {
    let rest = |a: &[String], b: &[String], of: fn(Vec<String>) -> Attr| {
        let rest: Vec<String> = a.iter().filter(|entry| !b.contains(entry)).cloned().collect();
        (!rest.is_empty()).then(|| of(rest))
    };
    match (have, less) {
        (Attr::Strings(a), Attr::Strings(b)) => Some(rest(a, b, Attr::Strings)),
        (Attr::Numbers(a), Attr::Numbers(b)) => Some(rest(a, b, Attr::Numbers)),
        (Attr::Binaries(a), Attr::Binaries(b)) => Some(rest(a, b, Attr::Binaries)),
        _ => None,
    }
}

fn sum(parser: &mut Parser<'_>) -> Result<Expr, Fault> {
    let left = operand(parser)?;
    if parser.sign("+") {
        return Ok(Expr::Plus(Box::new(left), Box::new(operand(parser)?)));
    }
    if parser.sign("-") {
        return Ok(Expr::Minus(Box::new(left), Box::new(operand(parser)?)));
    }
    Ok(left)
}

fn operand(parser: &mut Parser<'_>) -> Result<Expr, Fault> {
    if let Some(value) = parser.value()? {
        return Ok(Expr::Value(value));
    }
    match parser.function().as_deref() {
        Some("if_not_exists") => {
            let path = parser.path()?;
            parser.must_sign(",")?;
            let otherwise = operand(parser)?;
            parser.must_sign(")")?;
            Ok(Expr::IfNotExists(path, Box::new(otherwise)))
        }
        Some("list_append") => {
            let first = operand(parser)?;
            parser.must_sign(",")?;
            let second = operand(parser)?;
            parser.must_sign(")")?;
            Ok(Expr::Append(Box::new(first), Box::new(second)))
        }
        Some(other) => Err(validation(format!(
            "Invalid UpdateExpression: Invalid function name; function: {other}"
        ))),
        None if parser.sign("(") => {
            let inner = sum(parser)?;
            parser.must_sign(")")?;
            Ok(inner)
        }
        None => parser.path().map(Expr::Path),
    }
}
