//! A lease document, whatever it says, is harmless.
#![no_main]

use bicoastal_runtime::LeaseNote;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = LeaseNote::decode(bytes, "here") {
        let _ = (note.renewed(u64::MAX), note.held("stack"), note.lost("stack"));
        assert_eq!(LeaseNote::decode(&note.encode(), "here").expect("it was encoded"), note);
    }
});
