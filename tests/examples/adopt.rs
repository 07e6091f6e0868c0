//! `examples/adopt.rs`, told from beginning to end.

use bicoastal::FileStore;
use expect_test::expect;

#[path = "../../examples/adopt.rs"]
#[allow(dead_code, reason = "its main function runs it as a program")]
mod example;

#[tokio::test]
async fn what_others_made_is_taken_over_untouched() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut told = String::new();
    let mut say = |text: String| {
        told.push_str(text.trim_end());
        told.push_str("\n\n");
    };
    example::story(FileStore::new(dir.path()), &mut say).await.expect("it goes well");
    // Lineages are another run's tomorrow, and lines move.
    let steady: Vec<&str> = told
        .lines()
        .filter(|line| !line.contains("lineage") && !line.contains("declared at"))
        .collect();
    expect![[r#"
        It is there, and it is not ours:
        error: zone: ZLRJ2BOGBQOO80QZ4JZ4Y exists and is not of this stack
          hint: to take it over, say stack.adopt(&handle, "ZLRJ2BOGBQOO80QZ4JZ4Y")

        Taken over: ZONE www.example.com. A as www

        What is left to do:
         <= eu-west-1/files  S3:Bucket, eu-west-1  an existing one is taken over
              the program adopts example-files
              tags.bicoastal:resource: (none) → "eu-west-1/files"   (edited)
              tags.bicoastal:stack: (none) → "adopt"   (edited)
          ~ zone  Route53:HostedZone, global
              tags.bicoastal:resource: (none) → "zone"   (edited)
              tags.bicoastal:stack: (none) → "adopt"   (edited)

        Plan: 1 to adopt, 1 to update. About 2 calls (route53 1, s3 1).
        Longest path: about 40 s: zone

        No changes.
    "#]]
    .assert_eq(&steady.join("\n"));
}
