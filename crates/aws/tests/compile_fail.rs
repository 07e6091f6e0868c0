//! What a user reads when the types refuse a program. After a change of words:
//! `TRYBUILD=overwrite cargo test -p bicoastal-aws --test compile_fail`.
#![cfg(all(
    feature = "acm",
    feature = "dynamodb",
    feature = "elbv2",
    feature = "iam",
    feature = "route53"
))]

#[test]
fn wrong_programs_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
