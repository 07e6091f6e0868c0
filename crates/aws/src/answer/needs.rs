//! What an answer has to contain, as data.

use super::tree::Node;

/// Something that an element must have.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    /// An element with a text.
    Text(&'static str),
    /// An element, empty or not.
    Any(&'static str),
    /// An element that has this in turn.
    Within(&'static str, &'static [Need]),
    /// The same, where the element is there.
    Perhaps(&'static str, &'static [Need]),
    /// A list: an element in which all are of this name (none in JSON), each with what it needs.
    List(&'static str, &'static str, &'static [Need]),
    /// A list whose items have no element around them: this many at least.
    Flat(&'static str, usize, &'static [Need]),
    /// `true` or `false`; where `true`, this is there too.
    Flag(&'static str, &'static [Need]),
    /// `true` where the list goes on, and then this is there to go on with. Some emulators leave the
    /// flag out where it would be `false`; then nothing to go on with may be there.
    More(&'static str, &'static [&'static str]),
    /// Where this element's text is so, this is there too.
    If(&'static str, fn(&str) -> bool, &'static [Need]),
    /// A tag: its key, and if it is a mark of ours its value. A tag without a value may lack it.
    Tag,
    /// One of these at least.
    OneOf(&'static [&'static str]),
    /// Where one of these is there, this is too.
    With(&'static [&'static str], &'static str),
    /// Where the request asks by this field (a form's), the list of this name is not empty; and
    /// where an item's field is named, one of them has in it what was asked for. What is not there
    /// is refused with a code, and not answered with nothing, or with another.
    Asked(&'static str, &'static str, Option<&'static str>),
}

/// The first need that is not met, in words.
pub(super) fn unmet(needs: &[Need], of: &Node, asked: &str) -> Option<String> {
    needs.iter().find_map(|need| {
        let lacks = |name: &str| {
            let verb = match (of.has(name), of.child(name)) {
                (false, _) => "lacks",
                (true, None) => "has more than one",
                (true, Some(_)) => "can't be believed about its",
            };
            Some(format!("{} {verb} {name}", shown(of)))
        };
        match *need {
            Need::Text(name) => match of.child(name) {
                Some(found) if !found.text().trim().is_empty() => None,
                _ => lacks(name),
            },
            Need::Any(name) => (!of.has(name)).then(|| lacks(name))?,
            Need::Within(name, needs) => match of.child(name) {
                Some(found) => unmet(needs, found, asked),
                None => lacks(name),
            },
            Need::Perhaps(name, _) if !of.has(name) => None,
            Need::Perhaps(name, needs) => unmet(&[Need::Within(name, needs)], of, asked),
            Need::List(name, item, needs) => match of.child(name) {
                Some(list) => list.children().iter().find_map(|it| {
                    if it.name() != item {
                        return Some(format!("{} is in {name}", shown(it)));
                    }
                    unmet(needs, it, asked)
                }),
                None => lacks(name),
            },
            Need::Flat(item, least, needs) => {
                let mut items = of.children().iter().filter(|it| it.name() == item);
                if items.clone().count() < least {
                    return lacks(item);
                }
                items.find_map(|it| unmet(needs, it, asked))
            }
            Need::Flag(name, needs) => match of.child(name).map(|it| it.text().trim()) {
                Some("true") => unmet(needs, of, asked),
                Some("false") => None,
                _ => lacks(name),
            },
            Need::More(flag, next) => match of.child(flag).map(|it| it.text().trim()) {
                Some("true") => next.iter().find_map(|name| unmet(&[Need::Text(name)], of, asked)),
                Some("false") => None,
                None if !of.has(flag) && !next.iter().any(|name| of.has(name)) => None,
                _ => lacks(flag),
            },
            Need::If(name, is_so, needs) => {
                is_so(of.child(name)?.text().trim()).then(|| unmet(needs, of, asked))?
            }
            Need::Tag => match of.child("Key").map(|key| key.text().trim()) {
                None | Some("") => lacks("Key"),
                Some(key) if key.starts_with("bicoastal:") => {
                    unmet(&[Need::Text("Value")], of, asked)
                }
                Some(_) => None,
            },
            Need::OneOf(names) => match names.iter().any(|name| of.has(name)) {
                true => None,
                false => lacks(&names.join(" or ")),
            },
            Need::With(names, name) => {
                let needed = names.iter().any(|name| of.has(name));
                (needed && !of.has(name)).then(|| lacks(name))?
            }
            Need::Asked(parameter, list, field) => {
                let wanted = form(asked, parameter)?;
                let mut items = of.child(list)?.children().iter();
                let is_it = |it: &Node| {
                    let Some(field) = field else { return true };
                    let found = it.child(field).map(|found| found.text());
                    // A name that had to be encoded is not one of those that are compared.
                    wanted.contains('%')
                        || found.is_some_and(|found| found.eq_ignore_ascii_case(wanted))
                };
                (!items.any(is_it)).then(|| format!("{wanted} was asked for, and is not in it"))
            }
        }
    })
}

fn shown(node: &Node) -> &str {
    match node.name() {
        "" => "the answer",
        name => name,
    }
}

/// The value of a form's field, as it was sent.
fn form<'a>(body: &'a str, field: &str) -> Option<&'a str> {
    body.split('&').find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='))
}
