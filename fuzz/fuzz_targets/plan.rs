//! A saved plan that decodes is one that encodes to one that decodes to it, and can be shown.
#![no_main]

use bicoastal_engine::{render, saved};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((plan, options)) = saved::decode(bytes) {
        let encoded = saved::encode(&plan, &options).expect("what was read can be written");
        assert_eq!(saved::decode(&encoded).expect("and read again"), (plan.clone(), options));
        let _ = render::plain(&render::plan(&plan));
    }
});
