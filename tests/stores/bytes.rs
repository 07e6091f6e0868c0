//! Bad bytes in a bucket: what is stored is read as it was stored, or refused with its place.
//!
//! Two corpora, the same every time: the bytes of each object put through random mutations; and what
//! each line says put through them, under a check sum that fits, as a writer that errs would leave it.

use bicoastal::runtime::{Ask, StoreError};
use bicoastal_engine::journal::checksum;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::mutation::Mutation;
use crate::stage::{Kind, Stage, exports};

fn corpus(seed: u64, bytes: &[u8], cases: u32) -> Vec<Vec<u8>> {
    let config = Config { rng_seed: RngSeed::Fixed(seed), ..Config::with_cases(0) };
    let mut runner = TestRunner::new(config);
    let mutations = prop::collection::vec(any::<Mutation>(), 1..4);
    (0..cases)
        .map(|_| {
            let mutations = mutations.new_tree(&mut runner).unwrap().current();
            mutations.iter().fold(bytes.to_vec(), |bytes, it| it.of(&bytes))
        })
        .collect()
}

/// The first line with its words put through mutations, under their own check sum.
fn forged(seed: u64, bytes: &[u8], cases: u32) -> Vec<Vec<u8>> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (line, rest) = text.split_once('\n').unwrap();
    let (_, words) = line.split_once(' ').unwrap();
    let forge = |words: Vec<u8>| {
        let words = String::from_utf8_lossy(&words).replace('\n', " ");
        format!("{} {words}\n{rest}", checksum(&words)).into_bytes()
    };
    corpus(seed, words.as_bytes(), cases).into_iter().map(forge).collect()
}

/// A refusal says where, and what to do.
fn refused(error: &StoreError) -> bool {
    let words = error.to_string();
    words.contains("s3://state/team") && words.contains("hint: ")
}

/// A snapshot and two slots after it.
async fn stage() -> Stage {
    let stage = Stage::with(Kind::S3, 4, true).await;
    let lease = stage.lease().await;
    lease.load().await.unwrap();
    for number in 5..7 {
        lease.append(&[exports(number)]).await.unwrap();
    }
    lease.release().await;
    stage
}

#[tokio::test]
async fn an_object_is_what_was_written_or_is_refused() {
    let stage = stage().await;
    let raw = stage.raw();
    let whole = stage.load().await.unwrap();
    let mut names = raw.list("s/").await.unwrap();
    names.retain(|name| !name.ends_with("/lease"));
    let (mut tried, mut refusals) = (0, 0);
    for (seed, name) in (0..).zip(&names) {
        let good = raw.get(name).await.unwrap().unwrap();
        let mut version = good.version.clone();
        let random = corpus(seed, &good.bytes, 60).into_iter().map(|bytes| (bytes, false));
        let is_lines = !name.contains("/snapshot/");
        let forged = if is_lines { forged(seed, &good.bytes, 60) } else { Vec::new() };
        for (bytes, is_forged) in random.chain(forged.into_iter().map(|bytes| (bytes, true))) {
            version = raw.replace(name, &bytes, &version).await.unwrap().unwrap();
            tried += 1;
            match stage.load().await {
                Err(error) => {
                    refusals += 1;
                    assert!(refused(&error), "{name}: {error}\n{bytes:?}");
                }
                // What a writer said under a check sum that fits is believed, as far as it makes sense.
                Ok(_) if is_forged => {}
                Ok(read) => assert_eq!(read, whole, "{name} is believed: {bytes:?}"),
            }
        }
        raw.replace(name, &good.bytes, &version).await.unwrap().unwrap();
    }
    assert_eq!(stage.load().await.unwrap(), whole);
    println!("{} objects, {tried} corpora, {refusals} refused", names.len());
    assert!(names.len() >= 4 && refusals * 2 > tried, "{names:?}: {refusals} of {tried}");
}

/// Whatever the lease's document says, nobody writes with a lower number, nobody waits for ever, and who
/// only reads does not look at it.
#[tokio::test]
async fn a_lease_is_taken_with_a_higher_number_or_refused() {
    let stage = stage().await;
    let raw = stage.raw();
    let whole = stage.load().await.unwrap();
    let good = raw.get("s/lease").await.unwrap().unwrap();
    let last = stage.lease().await.note().token;
    let random = corpus(9, &good.bytes, 100).into_iter().map(|bytes| (bytes, false));
    let forged = forged(10, &good.bytes, 150).into_iter().map(|bytes| (bytes, true));
    let (mut taken, mut refusals) = (0, 0);
    for (bytes, is_forged) in random.chain(forged) {
        let there = raw.get("s/lease").await.unwrap().unwrap();
        raw.replace("s/lease", &bytes, &there.version).await.unwrap().unwrap();
        assert_eq!(stage.load().await.unwrap(), whole);
        match stage.store().lease("s", &Ask::new("apply")).await {
            Err(error) => {
                refusals += 1;
                let words = error.to_string();
                assert!(words.contains("s/lease") && words.contains("hint: "), "{error}");
            }
            Ok(lease) => {
                taken += 1;
                let token = lease.note().token;
                assert!(token >= last || is_forged, "{token}: {}", String::from_utf8_lossy(&bytes));
                lease.release().await;
            }
        }
    }
    println!("{taken} leases were taken, {refusals} refused");
    assert!(taken > 0 && refusals > 100, "{taken}, {refusals}");
}
