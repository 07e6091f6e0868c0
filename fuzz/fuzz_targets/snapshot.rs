//! A snapshot that decodes is one that encodes to one that decodes to it.
#![no_main]

use bicoastal_runtime::snapshot::Snapshot;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(snapshot) = Snapshot::decode(bytes, "active-active", "here") {
        let encoded = snapshot.encode().expect("what was read can be written");
        let again = Snapshot::decode(&encoded, "active-active", "here").expect("and read again");
        assert_eq!(again, snapshot);
    }
});
