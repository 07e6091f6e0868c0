//! Anything may be sent to the local cloud as XML.
#![no_main]

use bicoastal_local::xml::Element;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(element) = Element::parse(bytes) {
        let written = element.to_document();
        assert!(Element::parse(written.as_bytes()).is_some());
    }
});
