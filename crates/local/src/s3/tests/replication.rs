//! Replication: refusals, copies both ways, and no loops.

use expect_test::{Expect, expect};

use super::{S3, With, header};

const ROLE: &str = "arn:aws:iam::000000000000:role/copier";

/// A rule for the whole bucket, with `extra` elements in it and in its destination.
fn rule(id: &str, priority: u32, to: &str, extra: &str, destination: &str) -> String {
    format!(
        "<Rule><ID>{id}</ID><Priority>{priority}</Priority><Status>Enabled</Status>\
         <Filter><Prefix></Prefix></Filter>\
         <DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication>{extra}\
         <Destination><Bucket>arn:aws:s3:::{to}</Bucket>{destination}</Destination></Rule>"
    )
}

const BOTH_WAYS: &str = "<SourceSelectionCriteria><ReplicaModifications><Status>Enabled</Status>\
                         </ReplicaModifications></SourceSelectionCriteria>";

fn configuration(rules: &str) -> String {
    format!("<ReplicationConfiguration><Role>{ROLE}</Role>{rules}</ReplicationConfiguration>")
}

impl S3 {
    fn at(&mut self, region: &str, what: &str, body: &str) -> String {
        self.send(what, With { region, body, ..With::default() })
    }

    /// Versioned buckets named after their regions, each with rules to all others.
    fn mesh(regions: &[&str]) -> Self {
        let mut s3 = Self::default();
        s3.role("copier");
        for region in regions {
            s3.bucket(region, region);
            s3.versioned(region, region);
        }
        for region in regions {
            let rules: String = regions
                .iter()
                .filter(|other| *other != region)
                .zip(1..)
                .map(|(other, priority)| rule(other, priority, other, BOTH_WAYS, ""))
                .collect();
            let what = format!("PUT /{region}?replication");
            assert_eq!(s3.at(region, &what, &configuration(&rules)), "200");
        }
        s3
    }

    /// Body, status of replication and tags of a key in each region.
    fn seen(&mut self, regions: &[&str], key: &str) -> String {
        let mut lines = String::new();
        for region in regions {
            let with = With { region, ..With::default() };
            let (status, headers, body) = self.full(&format!("GET /{region}/{key}"), with);
            let text = if status == 200 { body } else { status.to_string() };
            let progress = header(&headers, "x-amz-replication-status");
            let tags = header(&headers, "x-amz-tagging-count");
            lines += format!("{region}: {text} {progress} {tags}").trim_end();
            lines.push('\n');
        }
        lines
    }
}

const PAIR: &[&str] = &["us-east-1", "ap-south-1"];

#[test]
fn refusals() {
    let mut s3 = S3::default();
    s3.bucket("from", "us-east-1");
    s3.bucket("copies", "ap-south-1");
    let good = configuration(&rule("r", 1, "copies", "", ""));
    let check = |s3: &mut S3, body: &str, expect: Expect| {
        expect.assert_eq(&s3.put("PUT /from?replication", body));
    };
    check(
        &mut s3,
        &good,
        expect![
            "400 InvalidRequest: Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        ],
    );
    s3.versioned("from", "us-east-1");
    check(
        &mut s3,
        &good,
        expect!["400 InvalidRequest: Destination bucket must have versioning enabled."],
    );
    s3.versioned("copies", "ap-south-1");
    check(&mut s3, &good, expect!["400 InvalidArgument: Invalid role specified"]);
    s3.role("copier");
    check(&mut s3, &good, expect!["200"]);
    let without = |part: &str| good.replace(part, "");
    check(
        &mut s3,
        &without("<Priority>1</Priority>"),
        expect![
            "400 InvalidRequest: Priority must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information."
        ],
    );
    check(
        &mut s3,
        &without("<DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication>"),
        expect![
            "400 InvalidRequest: DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information."
        ],
    );
    check(
        &mut s3,
        &without("<Filter><Prefix></Prefix></Filter>"),
        expect![
            "400 InvalidRequest: Priority cannot be used for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information."
        ],
    );
    check(
        &mut s3,
        &good.replace("<Prefix></Prefix>", "<Tag><Key>a</Key><Value>b</Value></Tag>"),
        expect![
            "400 InvalidRequest: Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer Guide for more information."
        ],
    );
    check(
        &mut s3,
        &good.replace(
            "<Prefix></Prefix>",
            "<Prefix>a</Prefix><Tag><Key>a</Key><Value>b</Value></Tag>",
        ),
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        &mut s3,
        &good.replace(":::copies", ":::none"),
        expect!["400 InvalidRequest: Destination bucket must exist."],
    );
    check(
        &mut s3,
        &good.replace(":::copies", ":::from"),
        expect!["400 InvalidRequest: Destination bucket cannot be the source bucket."],
    );
    check(
        &mut s3,
        &configuration(&(rule("a", 1, "copies", "", "") + &rule("b", 1, "copies", "", ""))),
        expect![
            "400 InvalidRequest: Found duplicate priority '1'. Rules with the same destination must have unique priorities."
        ],
    );
    check(
        &mut s3,
        &configuration(&(rule("a", 1, "copies", "", "") + &rule("a", 2, "copies", "", ""))),
        expect![
            "400 InvalidArgument: Rule ID must be unique. Found same ID for more than one rule"
        ],
    );
    check(
        &mut s3,
        &configuration(&rule(
            "a",
            1,
            "copies",
            "",
            "<ReplicationTime><Status>Enabled</Status><Time><Minutes>15</Minutes></Time></ReplicationTime>",
        )),
        expect![
            "400 InvalidRequest: Replication destination with ReplicationTime requires Metrics to be enabled."
        ],
    );
    check(
        &mut s3,
        &configuration(&rule(
            "a",
            1,
            "copies",
            "",
            "<ReplicationTime><Status>Enabled</Status><Time><Minutes>10</Minutes></Time></ReplicationTime>",
        )),
        expect!["400 InvalidRequest: Invalid ReplicationTime: Time can only be 15 minutes."],
    );
    check(
        &mut s3,
        &configuration(&rule(
            "a",
            1,
            "copies",
            "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status></SseKmsEncryptedObjects></SourceSelectionCriteria>",
            "",
        )),
        expect![
            "400 InvalidRequest: EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present"
        ],
    );
    check(
        &mut s3,
        &configuration(&rule(
            "a",
            1,
            "copies",
            "<ExistingObjectReplication><Status>Enabled</Status></ExistingObjectReplication>",
            "",
        )),
        expect![
            "400 InvalidRequest: ExistingObjectReplication is not supported in this configuration."
        ],
    );
    check(
        &mut s3,
        &configuration(&rule(
            "a",
            1,
            "copies",
            "",
            "<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>",
        )),
        expect![
            "400 InvalidRequest: Account must be specified when AccessControlTranslation is used."
        ],
    );
    check(
        &mut s3,
        &configuration(""),
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    expect!["409 InvalidBucketState: A replication configuration is present on this bucket, so the versioning state cannot be changed."]
        .assert_eq(&s3.put("PUT /from?versioning", suspend));
    assert_eq!(s3.get("DELETE /from?replication"), "204");
    assert_eq!(s3.put("PUT /from?versioning", suspend), "200");
}

#[test]
fn an_empty_prefix_is_read_back_as_an_empty_filter() {
    let mut s3 = S3::mesh(PAIR);
    let read = s3.get("GET /us-east-1?replication");
    assert!(read.contains("<Filter></Filter>"), "{read}");
}

#[test]
fn versioning_takes_time_to_reach_replication() {
    let mut s3 = S3::default();
    s3.role("copier");
    s3.bucket("from", "us-east-1");
    s3.bucket("copies", "us-east-1");
    s3.world.set_duration_ms("s3.versioning.propagate", 10_000);
    s3.versioned("from", "us-east-1");
    s3.versioned("copies", "us-east-1");
    let body = configuration(&rule("r", 1, "copies", "", ""));
    assert!(s3.put("PUT /from?replication", &body).starts_with("400 InvalidRequest: Versioning"));
    s3.wait(10_000);
    assert_eq!(s3.put("PUT /from?replication", &body), "200");
}

#[test]
fn objects_go_both_ways_once() {
    let mut s3 = S3::mesh(PAIR);
    s3.at("us-east-1", "PUT /us-east-1/a", "from us");
    s3.at("ap-south-1", "PUT /ap-south-1/b", "from ap");
    expect![[r#"
        us-east-1: from us PENDING
        ap-south-1: 404
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    s3.wait(5_000);
    expect![[r#"
        us-east-1: from us COMPLETED
        ap-south-1: from us REPLICA
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    expect![[r#"
        us-east-1: from ap REPLICA
        ap-south-1: from ap COMPLETED
    "#]]
    .assert_eq(&s3.seen(PAIR, "b"));
    assert!(s3.world.s3.tasks.is_empty(), "a replica is not copied again");
}

#[test]
fn edits_and_delete_markers_go_both_ways() {
    let mut s3 = S3::mesh(PAIR);
    s3.at("us-east-1", "PUT /us-east-1/a", "x");
    s3.wait(5_000);
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    s3.at("ap-south-1", "PUT /ap-south-1/a?tagging", tags);
    s3.wait(5_000);
    expect![[r#"
        us-east-1: x COMPLETED 1
        ap-south-1: x REPLICA 1
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    s3.at("ap-south-1", "DELETE /ap-south-1/a", "");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: 404
        ap-south-1: 404
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    // The deletion of a version, here of the marker, stays where it happened.
    let listed = s3.at("us-east-1", "GET /us-east-1?versions", "");
    let marker = listed.split("<DeleteMarker>").nth(1).unwrap();
    let id = marker.split("<VersionId>").nth(1).unwrap().split('<').next().unwrap();
    s3.at("us-east-1", &format!("DELETE /us-east-1/a?versionId={id}"), "");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: x COMPLETED 1
        ap-south-1: 404
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    assert!(s3.world.s3.tasks.is_empty());
}

#[test]
fn both_sides_agree_on_the_later_write() {
    let mut s3 = S3::mesh(PAIR);
    s3.at("us-east-1", "PUT /us-east-1/a", "earlier");
    s3.wait(1);
    s3.at("ap-south-1", "PUT /ap-south-1/a", "later");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: later REPLICA
        ap-south-1: later COMPLETED
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
}

#[test]
fn a_mesh_of_three_needs_every_rule() {
    let regions = &["us-east-1", "ap-south-1", "eu-west-1"];
    let mut s3 = S3::mesh(regions);
    s3.at("eu-west-1", "PUT /eu-west-1/a", "x");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: x REPLICA
        ap-south-1: x REPLICA
        eu-west-1: x COMPLETED
    "#]]
    .assert_eq(&s3.seen(regions, "a"));
    // Without its own rule to the third, the second region does not pass anything on.
    s3.at("eu-west-1", "DELETE /eu-west-1?replication", "");
    s3.at("us-east-1", "DELETE /us-east-1?replication", "");
    let only = configuration(&rule("r", 1, "us-east-1", "", ""));
    assert_eq!(s3.at("eu-west-1", "PUT /eu-west-1?replication", &only), "200");
    s3.at("eu-west-1", "PUT /eu-west-1/b", "y");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: y REPLICA
        ap-south-1: 404
        eu-west-1: y COMPLETED
    "#]]
    .assert_eq(&s3.seen(regions, "b"));
}

#[test]
fn what_cannot_be_copied_is_reported() {
    let mut s3 = S3::mesh(PAIR);
    s3.at("us-east-1", "PUT /us-east-1/a", "x");
    s3.delete_role("copier");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: x FAILED
        ap-south-1: 404
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    s3.role("copier");
    s3.at("ap-south-1", "DELETE /ap-south-1", "");
    s3.at("us-east-1", "PUT /us-east-1/b", "x");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: x FAILED
        ap-south-1: 404
    "#]]
    .assert_eq(&s3.seen(PAIR, "b"));
}

#[test]
fn the_rule_of_highest_priority_decides() {
    let mut s3 = S3::mesh(PAIR);
    let cold = rule("cold", 2, "ap-south-1", "", "<StorageClass>STANDARD_IA</StorageClass>")
        .replace("<Prefix></Prefix>", "<Prefix>cold/</Prefix>");
    let rules = configuration(&(rule("all", 1, "ap-south-1", "", "") + &cold));
    assert_eq!(s3.at("us-east-1", "PUT /us-east-1?replication", &rules), "200");
    s3.at("us-east-1", "PUT /us-east-1/cold/a", "x");
    s3.at("us-east-1", "PUT /us-east-1/b", "x");
    s3.wait(5_000);
    let mut class = |key: &str| {
        let with = With { region: "ap-south-1", ..With::default() };
        let (_, headers, _) = s3.full(&format!("HEAD /ap-south-1/{key}"), with);
        header(&headers, "x-amz-storage-class").to_owned()
    };
    assert_eq!((class("cold/a").as_str(), class("b").as_str()), ("STANDARD_IA", ""));
}

#[test]
fn kms_objects_need_a_key_of_the_destination() {
    let mut s3 = S3::mesh(PAIR);
    let kms = |key_region: &str| {
        let criteria = "<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status>\
                        </SseKmsEncryptedObjects></SourceSelectionCriteria>";
        let key = format!(
            "<EncryptionConfiguration><ReplicaKmsKeyID>arn:aws:kms:{key_region}:000000000000:key/k\
             </ReplicaKmsKeyID></EncryptionConfiguration>"
        );
        configuration(&rule("kms", 1, "ap-south-1", criteria, &key))
    };
    let encrypted = [("x-amz-server-side-encryption", "aws:kms")];
    let with = With { headers: &encrypted, body: "x", ..With::default() };
    s3.send("PUT /us-east-1/unasked", with);
    s3.put("PUT /us-east-1?replication", &kms("us-east-1"));
    s3.send("PUT /us-east-1/wrong", with);
    s3.wait(5_000);
    s3.put("PUT /us-east-1?replication", &kms("ap-south-1"));
    s3.send("PUT /us-east-1/right", with);
    s3.wait(5_000);
    let seen = ["unasked", "wrong", "right"].map(|key| s3.seen(PAIR, key)).concat();
    expect![[r#"
        us-east-1: x
        ap-south-1: 404
        us-east-1: x FAILED
        ap-south-1: 404
        us-east-1: x COMPLETED
        ap-south-1: x REPLICA
    "#]]
    .assert_eq(&seen);
}

#[test]
fn the_older_schema_copies_delete_markers() {
    let mut s3 = S3::mesh(PAIR);
    let old = configuration(
        "<Rule><ID>old</ID><Status>Enabled</Status><Prefix></Prefix>\
         <Destination><Bucket>arn:aws:s3:::ap-south-1</Bucket></Destination></Rule>",
    );
    assert_eq!(s3.put("PUT /us-east-1?replication", &old), "200");
    s3.put("PUT /us-east-1/a", "x");
    s3.get("DELETE /us-east-1/a");
    s3.wait(5_000);
    expect![[r#"
        us-east-1: 404
        ap-south-1: 404
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
    assert!(s3.at("ap-south-1", "GET /ap-south-1?versions", "").contains("<DeleteMarker>"));
}

#[test]
fn copies_wait_for_a_lost_region() {
    let mut s3 = S3::mesh(PAIR);
    s3.world.regions_gone.insert("ap-south-1".into());
    s3.put("PUT /us-east-1/a", "x");
    s3.wait(60_000);
    assert!(s3.seen(&["us-east-1"], "a").contains("PENDING"));
    s3.world.regions_gone.clear();
    expect![[r#"
        us-east-1: x COMPLETED
        ap-south-1: x REPLICA
    "#]]
    .assert_eq(&s3.seen(PAIR, "a"));
}
