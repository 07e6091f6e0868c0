//! State outlives its region.

use bicoastal::runtime::{Ask, StoreError};

use crate::stage::{Kind, Stage, exports};

const WITHOUT_FIRST: &str =
    "s3://state-1?region=us-east-1&second=state-2@us-west-2&without=us-east-1";
const WITHOUT_SECOND: &str =
    "s3://state-1?region=us-east-1&second=state-2@us-west-2&without=us-west-2";
const FIRST_ALONE: &str = "s3://state-1?region=us-east-1";
const SECOND_ALONE: &str = "s3://state-2?region=us-west-2";

async fn append(stage: &Stage, place: &str, number: u64) -> Result<(), StoreError> {
    let store = stage.open(place);
    let lease = store.lease("s", &Ask::new("apply")).await?;
    let done = async {
        lease.load().await?;
        lease.append(&[exports(number)]).await
    };
    let done = done.await;
    lease.release().await;
    done
}

#[tokio::test]
async fn a_second_region_has_everything_and_is_enough() {
    for (gone, without, left) in
        [("us-east-1", WITHOUT_FIRST, SECOND_ALONE), ("us-west-2", WITHOUT_SECOND, FIRST_ALONE)]
    {
        let stage = Stage::with(Kind::S3Twice, 5, false).await;
        let state = stage.load().await.unwrap();
        stage.cloud.faults().region_gone(gone);
        // It is read from the other one, and not written to it alone unless somebody says so.
        assert_eq!(stage.load().await.unwrap(), state, "{gone}");
        let words = append(&stage, &stage.place(Kind::S3Twice), 6).await.unwrap_err().to_string();
        assert!(words.contains(gone) && words.contains("hint: "), "{words}");
        append(&stage, without, 6).await.unwrap();
        assert_eq!(stage.generation().await, 6, "{gone}");
        append(&stage, without, 7).await.unwrap();

        // It comes back with what it had: that is not believed, and brought up to date.
        stage.cloud.faults().region_back(gone);
        assert_eq!(stage.generation().await, 7, "{gone}");
        append(&stage, &stage.place(Kind::S3Twice), 8).await.unwrap();
        for place in [FIRST_ALONE, SECOND_ALONE] {
            let state = stage.open(place).load("s").await.unwrap().unwrap();
            assert_eq!(state.generation, 8, "{gone}: {place}");
        }
        let _ = left;
        append(&stage, &stage.place(Kind::S3Twice), 9).await.unwrap();
        assert_eq!(stage.generation().await, 9);
    }
}

/// The second region goes in the middle of a run: what it does not have does not count, and is
/// brought there by the next run.
#[tokio::test]
async fn what_only_the_first_region_has_does_not_count() {
    let stage = Stage::with(Kind::S3Twice, 5, false).await;
    let lease = stage.lease().await;
    lease.load().await.unwrap();
    stage.cloud.faults().region_gone("us-west-2");
    let words = lease.append(&[exports(6)]).await.unwrap_err().to_string();
    assert!(words.contains("without=REGION"), "{words}");
    // Nothing comes after what may be there or not.
    stage.cloud.faults().region_back("us-west-2");
    assert!(lease.append(&[exports(7)]).await.is_err());
    lease.release().await;
    let of = async |place: &str| stage.open(place).load("s").await.unwrap().unwrap().generation;
    assert_eq!((of(FIRST_ALONE).await, of(SECOND_ALONE).await), (6, 5));
    append(&stage, &stage.place(Kind::S3Twice), 7).await.unwrap();
    assert_eq!((of(FIRST_ALONE).await, of(SECOND_ALONE).await), (7, 7));
}

#[tokio::test]
async fn two_regions_that_went_on_without_each_other_are_not_believed() {
    let stage = Stage::with(Kind::S3Twice, 5, false).await;
    append(&stage, WITHOUT_FIRST, 6).await.unwrap();
    append(&stage, WITHOUT_SECOND, 6).await.unwrap();
    let words = stage.load().await.unwrap_err().to_string();
    assert!(words.contains("each without the other") && words.contains("hint: "), "{words}");
    assert!(append(&stage, &stage.place(Kind::S3Twice), 7).await.is_err());
}

/// A holder that still reaches both is shut out by one that goes on without the first.
#[tokio::test]
async fn who_goes_on_without_a_region_shuts_out_who_still_sees_it() {
    let stage = Stage::with(Kind::S3Twice, 5, false).await;
    let stale = stage.lease().await;
    stale.load().await.unwrap();
    append(&stage, WITHOUT_FIRST, 6).await.unwrap();
    assert!(matches!(stale.append(&[exports(6)]).await, Err(StoreError::Lost(_))));
    assert_eq!(stage.generation().await, 6);
    append(&stage, &stage.place(Kind::S3Twice), 7).await.unwrap();
    assert_eq!(stage.generation().await, 7);
}

/// A table with strong consistency between its regions goes on without any of them.
#[tokio::test]
async fn a_strong_table_goes_on_without_a_region() {
    for gone in ["us-east-1", "us-east-2", "us-west-2"] {
        let stage = Stage::with(Kind::DynamoStrong, 5, false).await;
        stage.cloud.faults().region_gone(gone);
        assert_eq!(stage.generation().await, 5, "{gone}");
        append(&stage, &stage.place(Kind::DynamoStrong), 6).await.unwrap();
        stage.cloud.faults().region_back(gone);
        assert_eq!(stage.generation().await, 6, "{gone}");
    }
}
