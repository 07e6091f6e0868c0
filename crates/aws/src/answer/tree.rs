//! An answer's document as a tree of names, without recursion and no deeper than answers are.

use quick_xml::events::Event;
use serde_json::Value;

/// How deep an answer may be; AWS's are less than twenty.
const DEEPEST: usize = 64;

/// An element, or a member of an object. Items of an array have no name.
#[derive(Debug, Default)]
pub(super) struct Node {
    name: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn children(&self) -> &[Self] {
        &self.children
    }

    /// The one child of this name. Of two, nobody knows which one counts.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        let mut all = self.children.iter().filter(|it| it.name == name);
        all.next().filter(|_| all.next().is_none())
    }

    /// Whether there is a child of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.children.iter().any(|it| it.name == name)
    }
}

/// An XML document: one root, everything closed, nothing after it.
pub(super) fn xml(document: &[u8]) -> Result<Node, String> {
    let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|error| format!("at byte {at}: {error}"))?;
        let done = match event {
            Event::Start(start) => {
                if open.len() == DEEPEST {
                    return Err(format!("at byte {at}: it is nested too deep"));
                }
                open.push(named(start.local_name().into_inner()));
                None
            }
            Event::Empty(start) => Some(named(start.local_name().into_inner())),
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                match open.last_mut() {
                    Some(top) => top.text.push_str(&text),
                    None if text.trim_matches(['\u{feff}', ' ', '\r', '\n', '\t']).is_empty() => {}
                    None => return Err(format!("at byte {at}: text outside of the document")),
                }
                None
            }
            Event::CData(text) => {
                if let Some(top) = open.last_mut() {
                    top.text.push_str(&text);
                }
                None
            }
            // Only whether there is text matters, not which character.
            Event::GeneralRef(_) => {
                if let Some(top) = open.last_mut() {
                    top.text.push('&');
                }
                None
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
        };
        if let Some(done) = done {
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None if root.is_none() => root = Some(done),
                None => return Err(format!("at byte {at}: a second document")),
            }
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err(format!("it ends after {} bytes, before it is whole", document.len())),
    }
}

fn named(name: &str) -> Node {
    Node { name: name.to_owned(), ..Node::default() }
}

/// A JSON document, an object.
pub(super) fn json(document: &[u8]) -> Result<Node, String> {
    // The parser refuses what is nested deeper than 128.
    match serde_json::from_slice(document) {
        Ok(value @ Value::Object(_)) => Ok(node(String::new(), value).unwrap_or_default()),
        Ok(_) => Err("it is not an object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// `null` says as little as nothing.
fn node(name: String, value: Value) -> Option<Node> {
    let (text, children) = match value {
        Value::Null => return None,
        Value::Bool(flag) => (flag.to_string(), Vec::new()),
        Value::Number(number) => (number.to_string(), Vec::new()),
        Value::String(text) => (text, Vec::new()),
        Value::Array(items) => {
            (String::new(), items.into_iter().filter_map(|it| node(String::new(), it)).collect())
        }
        Value::Object(members) => (
            String::new(),
            members.into_iter().filter_map(|(name, value)| node(name, value)).collect(),
        ),
    };
    Some(Node { name, text, children })
}
