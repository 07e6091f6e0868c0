//! Bad bytes are refused with their place, and never half believed.

use bicoastal::Region;
use bicoastal::runtime::StoreError;

use crate::stage::{Kind, Stage};

/// Every byte of everything that is stored is changed, one at a time: what is read is the state,
/// or a refusal that says where.
#[tokio::test]
async fn a_changed_byte_anywhere_is_refused_or_means_nothing() {
    let stage = Stage::with(Kind::S3, 4, true).await;
    let lease = stage.lease().await;
    lease.load().await.unwrap();
    lease.append(&[crate::stage::exports(5)]).await.unwrap();
    lease.release().await;
    let good = stage.load().await.unwrap().unwrap();
    let s3 = stage.s3(Region::UsEast1);
    let listed = s3.list_objects_v2().bucket("state").send().await.unwrap();
    let (mut tried, mut refused) = (0, 0);
    for key in listed.contents().iter().filter_map(|object| object.key()) {
        let body = s3.get_object().bucket("state").key(key).send().await.unwrap().body;
        let bytes = body.collect().await.unwrap().to_vec();
        let put = async |bytes: Vec<u8>| {
            s3.put_object().bucket("state").key(key).body(bytes.into()).send().await.unwrap();
        };
        for index in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[index] ^= 1 << (index % 8);
            put(bad).await;
            tried += 1;
            match stage.load().await {
                Ok(state) => assert_eq!(state.as_ref(), Some(&good), "{key} at {index}"),
                Err(StoreError::Damaged(words)) => {
                    refused += 1;
                    assert!(words.contains(key.trim_start_matches("team/")), "{key}: {words}");
                    assert!(words.contains("hint: "), "{words}");
                }
                Err(other) => panic!("{key} at {index}: {other}"),
            }
        }
        put(bytes).await;
    }
    // What is read is refused; the lease and the era before are not read by those who only look.
    assert!(tried > 1_000 && refused > 500, "{refused} of {tried}");
}

#[tokio::test]
async fn a_changed_byte_in_a_file_is_refused_or_means_nothing() {
    let stage = Stage::with(Kind::File, 4, true).await;
    let lease = stage.lease().await;
    lease.load().await.unwrap();
    lease.append(&[crate::stage::exports(5), crate::stage::exports(6)]).await.unwrap();
    drop(lease);
    let good = stage.load().await.unwrap().unwrap();
    let place = stage.place(Kind::File);
    let dir = std::path::Path::new(place.strip_prefix("file:").unwrap()).join("s");
    for name in ["state.json", "journal.jsonl"] {
        let path = dir.join(name);
        let bytes = std::fs::read(&path).unwrap();
        for index in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[index] ^= 1 << (index % 8);
            std::fs::write(&path, bad).unwrap();
            match stage.load().await {
                Ok(state) => assert_eq!(state.as_ref(), Some(&good), "{name} at {index}"),
                Err(StoreError::Damaged(words)) => {
                    assert!(words.contains(name) && words.contains("hint: "), "{words}");
                }
                Err(other) => panic!("{name} at {index}: {other}"),
            }
        }
        std::fs::write(&path, bytes).unwrap();
    }
}

/// A slot that is gone, or from elsewhere, is missed.
#[tokio::test]
async fn a_slot_that_is_missing_is_missed() {
    let stage = Stage::with(Kind::S3, 6, false).await;
    let s3 = stage.s3(Region::UsEast1);
    let slot = |slot: u32| format!("team/s/journal/00000000000000000000/{slot:010}");
    s3.delete_object().bucket("state").key(slot(2)).send().await.unwrap();
    let words = stage.load().await.unwrap_err().to_string();
    assert!(words.contains("slot 2 before it is missing"), "{words}");
    let from = format!("state/{}", slot(3));
    s3.copy_object().bucket("state").copy_source(from).key(slot(2)).send().await.unwrap();
    let words = stage.load().await.unwrap_err().to_string();
    assert!(words.contains("it is slot 3 of the era"), "{words}");
}

/// A damaged state is set aside and made anew in the same place; nothing of it is ever deleted.
#[tokio::test]
async fn what_is_damaged_is_set_aside_and_kept() {
    for part in ["head", "snapshot/", "journal/"] {
        let stage = Stage::with(Kind::S3, 4, true).await;
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        lease.append(&[crate::stage::exports(5)]).await.unwrap();
        lease.release().await;
        drop(lease);
        let good = stage.load().await.unwrap().unwrap();
        let s3 = stage.s3(Region::UsEast1);
        let list = async || {
            let listed = s3.list_objects_v2().bucket("state").send().await.unwrap();
            listed
                .contents()
                .iter()
                .filter_map(|it| it.key().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        let before = list().await;
        // The newest of its kind is the one that is read.
        let key = before.iter().rfind(|key| key.contains(part)).unwrap();
        s3.put_object().bucket("state").key(key).body(b"{".to_vec().into()).send().await.unwrap();
        let lease = stage.lease().await;
        assert!(matches!(lease.load().await, Err(StoreError::Damaged(_))), "{part}");
        let aside = lease.set_aside().await.unwrap();
        assert!(aside.contains("s/aside/"), "{aside}");
        lease.compact(&good).await.unwrap();
        assert_eq!(stage.load().await.unwrap().unwrap(), good, "{part}");
        for number in 6..10 {
            lease.append(&[crate::stage::exports(number)]).await.unwrap();
            lease.compact(&stage.load().await.unwrap().unwrap()).await.unwrap();
        }
        let after = list().await;
        assert!(before.iter().all(|key| after.contains(key)), "{part}: {before:?} {after:?}");
        assert_eq!(stage.generation().await, 9, "{part}");
    }
}
