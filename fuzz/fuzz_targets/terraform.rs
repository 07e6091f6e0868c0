//! Anything may be given as a Terraform state.
#![no_main]

use bicoastal_engine::recover::terraform;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = terraform::read(text);
});
