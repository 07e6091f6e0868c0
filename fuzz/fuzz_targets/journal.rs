//! A journal that decodes is one that encodes to the same bytes.
#![no_main]

use bicoastal_engine::journal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(decoded) = journal::decode(bytes) {
        let encoded: String =
            decoded.records.iter().map(|(number, record)| journal::encode(*number, record)).collect();
        let again = journal::decode(encoded.as_bytes()).expect("what was encoded decodes");
        assert_eq!(again.records, decoded.records);
        assert!(decoded.bytes_good <= bytes.len());
    }
});
