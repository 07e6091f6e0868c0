//! Document paths: `a.b[0].#c`.

use super::value::{Attr, Item};

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    At(usize),
}

/// A path from the item's attributes to a value. Never empty; begins with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<Step>);

impl Path {
    /// The attribute it begins at.
    pub(super) fn root(&self) -> &str {
        match self.0.first() {
            Some(Step::Name(name)) => name,
            _ => "",
        }
    }

    /// The value there.
    pub(super) fn get<'a>(&self, item: &'a Item) -> Option<&'a Attr> {
        let mut value = item.get(self.root())?;
        for step in self.0.iter().skip(1) {
            value = match (step, value) {
                (Step::Name(name), Attr::M(map)) => map.get(name)?,
                (Step::At(index), Attr::L(list)) => list.get(*index)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The value that holds the last step; `None` where the document has no such place.
    fn parent<'a>(&self, item: &'a mut Item) -> Option<&'a mut Attr> {
        let mut value = item.get_mut(self.root())?;
        for step in &self.0[1..self.0.len() - 1] {
            value = match (step, value) {
                (Step::Name(name), Attr::M(map)) => map.get_mut(name)?,
                (Step::At(index), Attr::L(list)) => list.get_mut(*index)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// Sets the value there; false where the document has no such place. An index behind the
    /// end of a list appends.
    pub(super) fn set(&self, item: &mut Item, value: Attr) -> bool {
        if let [Step::Name(name)] = &self.0[..] {
            item.insert(name.clone(), value);
            return true;
        }
        match (self.0.last(), self.parent(item)) {
            (Some(Step::Name(name)), Some(Attr::M(map))) => {
                map.insert(name.clone(), value);
                true
            }
            (Some(Step::At(index)), Some(Attr::L(list))) => {
                match list.get_mut(*index) {
                    Some(place) => *place = value,
                    None => list.push(value),
                }
                true
            }
            _ => false,
        }
    }

    /// Removes the value there; nothing where there is none.
    pub(super) fn remove(&self, item: &mut Item) {
        if let [Step::Name(name)] = &self.0[..] {
            item.remove(name);
            return;
        }
        match (self.0.last(), self.parent(item)) {
            (Some(Step::Name(name)), Some(Attr::M(map))) => {
                map.remove(name);
            }
            (Some(Step::At(index)), Some(Attr::L(list))) if *index < list.len() => {
                list.remove(*index);
            }
            _ => {}
        }
    }

    /// Whether one lies on the way to the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if at == 0 => write!(out, "{name}")?,
                Step::Name(name) => write!(out, ".{name}")?,
                Step::At(index) => write!(out, "[{index}]")?,
            }
        }
        Ok(())
    }
}
