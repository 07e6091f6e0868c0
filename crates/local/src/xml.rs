//! XML as a small tree: `quick-xml` reads and escapes, the tree is what services work on.

use quick_xml::escape::escape;
use quick_xml::events::Event;

/// How deep a document may be: whoever walks a tree must come back.
const DEEPEST: usize = 64;

/// An element with attributes, text and children. Names carry no namespace prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Attributes, in order.
    pub attributes: Vec<(String, String)>,
    /// The text directly inside, unescaped.
    pub text: String,
    /// Child elements, in order.
    pub children: Vec<Element>,
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The same element with an attribute more.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// The same element with a child more.
    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// The same element with more children.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// The same element with a child that holds text.
    #[must_use]
    pub fn text_child(self, name: &str, text: impl ToString) -> Self {
        self.child(Element { name: name.into(), text: text.to_string(), ..Self::default() })
    }

    /// The same element with a text child if there is a value.
    #[must_use]
    pub fn text_child_opt(self, name: &str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.text_child(name, text),
            None => self,
        }
    }

    /// The first child of this name.
    pub fn get(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).map(|child| child.text.as_str())
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The document as text, with its declaration.
    pub fn to_document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(&escape(value.as_str()));
            out.push('"');
        }
        out.push('>');
        out.push_str(&escape(self.text.as_str()));
        for child in &self.children {
            child.write(out);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }

    /// Reads a document; `None` where it is not well-formed, or nested deeper than any request is.
    pub fn parse(document: &[u8]) -> Option<Element> {
        let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(document).ok()?);
        let mut open: Vec<Element> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(_) if open.len() == DEEPEST => return None,
                Event::Start(start) => open.push(Self::opened(&start)?),
                Event::Empty(start) => {
                    let element = Self::opened(&start)?;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Some(element),
                    }
                }
                Event::Text(text) => {
                    if let Some(top) = open.last_mut() {
                        top.text.push_str(&text);
                    }
                }
                Event::GeneralRef(reference) => {
                    if let Some(top) = open.last_mut() {
                        match reference.resolve_char_ref().ok()? {
                            Some(character) => top.text.push(character),
                            None => top
                                .text
                                .push_str(quick_xml::escape::resolve_xml_entity(&reference)?),
                        }
                    }
                }
                Event::CData(data) => {
                    if let Some(top) = open.last_mut() {
                        top.text.push_str(&data);
                    }
                }
                Event::End(_) => {
                    let mut done = open.pop()?;
                    if !done.children.is_empty() && done.text.trim().is_empty() {
                        done.text.clear();
                    }
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Some(done),
                    }
                }
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    fn opened(start: &quick_xml::events::BytesStart<'_>) -> Option<Element> {
        let name = start.local_name().into_inner().to_owned();
        if !is_name(&name) {
            return None;
        }
        let mut element = Element::new(name);
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let key = attribute.key.local_name().into_inner().to_owned();
            if !is_name(&key) {
                return None;
            }
            let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
            element.attributes.push((key, value));
        }
        Some(element)
    }
}

/// Whether it can name something in XML: the reader takes whatever stands there.
fn is_name(text: &str) -> bool {
    let begins = |it: char| it.is_alphabetic() || it == '_';
    text.starts_with(begins) && text.chars().all(|it| it.is_alphanumeric() || "_-.".contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_is_no_document() {
        for (document, is_one) in [
            ("<a b='1'/>", true),
            ("<s3:Tag-Set_1.0 xmlns:s3='x'></s3:Tag-Set_1.0>", true),
            ("<é/>", true),
            ("<=<'\0?>", false),
            ("<<?>:<?>>", false),
            ("<a =''/>", false),
            ("<a '='1'/>", false),
            ("<1a/>", false),
            ("</>", false),
        ] {
            assert_eq!(Element::parse(document.as_bytes()).is_some(), is_one, "{document:?}");
        }
        let found = b"<=<'\0?>:<?>>?A\x01\x01\x0f\x0f\x0f\x0f&'/?>";
        assert_eq!(Element::parse(found), None);
    }
}
