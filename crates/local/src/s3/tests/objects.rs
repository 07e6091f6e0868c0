//! Objects, versions, conditions, ranges, parts and locks.

use expect_test::{Expect, expect};

use super::{S3, With, header};

/// Status, code and the version headers of an answer.
fn brief(s3: &mut S3, what: &str, with: With<'_>) -> String {
    let (status, headers, body) = s3.full(what, with);
    let text = if status < 300 { body } else { body.split(':').next().unwrap_or_default().into() };
    let mut brief = format!("{status} {text}").trim().to_owned();
    for name in ["x-amz-delete-marker", "content-range"] {
        if !header(&headers, name).is_empty() {
            brief = format!("{brief} {name}={}", header(&headers, name));
        }
    }
    brief
}

fn version(s3: &mut S3, what: &str, body: &str) -> String {
    let (_, headers, _) = s3.full(what, With { body, ..With::default() });
    header(&headers, "x-amz-version-id").to_owned()
}

#[test]
fn versions_and_delete_markers() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    assert_eq!(version(&mut s3, "PUT /some/key", "zero"), "");
    s3.versioned("some", "us-east-1");
    let first = version(&mut s3, "PUT /some/key", "one");
    let second = version(&mut s3, "PUT /some/key", "two");
    assert_ne!(first, second);
    let marker = version(&mut s3, "DELETE /some/key", "");
    let mut check = |what: &str, expect: Expect| {
        expect.assert_eq(&brief(&mut s3, what, With::default()));
    };
    check("GET /some/key", expect!["404 NoSuchKey x-amz-delete-marker=true"]);
    check(&format!("GET /some/key?versionId={first}"), expect!["200 one"]);
    check("GET /some/key?versionId=null", expect!["200 zero"]);
    check(
        &format!("GET /some/key?versionId={marker}"),
        expect!["405 MethodNotAllowed x-amz-delete-marker=true"],
    );
    check("GET /some/key?versionId=none", expect!["404 NoSuchVersion"]);
    check(&format!("DELETE /some/key?versionId={marker}"), expect!["204 x-amz-delete-marker=true"]);
    check("GET /some/key", expect!["200 two"]);
    // Deleting a key that never was leaves a marker all the same.
    check("DELETE /some/nothing", expect!["204 x-amz-delete-marker=true"]);
    check("DELETE /some", expect!["409 BucketNotEmpty"]);
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    s3.put("PUT /some?versioning", suspend);
    assert_eq!(version(&mut s3, "PUT /some/key", "three"), "null");
    assert_eq!(brief(&mut s3, "GET /some/key?versionId=null", With::default()), "200 three");
    assert_eq!(
        brief(&mut s3, &format!("GET /some/key?versionId={second}"), With::default()),
        "200 two"
    );
}

#[test]
fn conditions() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    let mut check = |what: &str, condition: (&str, &str), expect: Expect| {
        let with = With { headers: &[condition], body: "x", ..With::default() };
        expect.assert_eq(&brief(&mut s3, what, with));
    };
    let etag = "\"9dd4e461268c8034f5c8564e155c67a6\"";
    check("PUT /some/key", ("if-match", etag), expect!["404 NoSuchKey"]);
    check("PUT /some/key", ("if-none-match", "*"), expect!["200"]);
    check("PUT /some/key", ("if-none-match", "*"), expect!["412 PreconditionFailed"]);
    check("PUT /some/key", ("if-match", "\"other\""), expect!["412 PreconditionFailed"]);
    check("PUT /some/key", ("if-match", etag), expect!["200"]);
    check("GET /some/key", ("if-none-match", etag), expect!["304 NotModified"]);
    check("GET /some/key", ("if-match", "\"other\""), expect!["412 PreconditionFailed"]);
    check(
        "GET /some/key",
        ("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        expect!["304 NotModified"],
    );
    check(
        "GET /some/key",
        ("if-unmodified-since", "Wed, 31 Dec 2025 00:00:00 GMT"),
        expect!["412 PreconditionFailed"],
    );
    check("DELETE /some/key", ("if-match", "\"other\""), expect!["412 PreconditionFailed"]);
    check("DELETE /some/key", ("if-match", etag), expect!["204"]);
}

#[test]
fn ranges() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    s3.put("PUT /some/key", "0123456789");
    let mut check = |range: &str, expect: Expect| {
        let with = With { headers: &[("range", range)], ..With::default() };
        expect.assert_eq(&brief(&mut s3, "GET /some/key", with));
    };
    check("bytes=2-4", expect!["206 234 content-range=bytes 2-4/10"]);
    check("bytes=7-", expect!["206 789 content-range=bytes 7-9/10"]);
    check("bytes=-3", expect!["206 789 content-range=bytes 7-9/10"]);
    check("bytes=8-99", expect!["206 89 content-range=bytes 8-9/10"]);
    check("bytes=10-", expect!["416 InvalidRange content-range=bytes */10"]);
    check("bytes=x", expect!["200 0123456789"]);
}

#[test]
fn digests() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    let mut check = |sent: (&str, &str), expect: Expect| {
        let with = With { headers: &[sent], body: "hello", ..With::default() };
        let (status, headers, body) = s3.full("PUT /some/key", with);
        let checksums: Vec<String> = headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-amz-checksum-"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let code = body.split(':').next().unwrap_or_default();
        expect.assert_eq(&format!("{status} {code}{}", checksums.join(" ")));
    };
    check(
        ("x-none", ""),
        expect!["200 x-amz-checksum-crc64nvme=M3eFcAZSQlc= x-amz-checksum-type=FULL_OBJECT"],
    );
    check(
        ("x-amz-checksum-crc32", "NhCmhg=="),
        expect!["200 x-amz-checksum-crc32=NhCmhg== x-amz-checksum-type=FULL_OBJECT"],
    );
    check(("x-amz-checksum-crc32", "AAAAAA=="), expect!["400 BadDigest"]);
    check(
        ("x-amz-sdk-checksum-algorithm", "CRC32C"),
        expect!["200 x-amz-checksum-crc32c=mnG7TA== x-amz-checksum-type=FULL_OBJECT"],
    );
    check(
        ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
        expect!["200 x-amz-checksum-crc64nvme=M3eFcAZSQlc= x-amz-checksum-type=FULL_OBJECT"],
    );
    check(("content-md5", "AUFAKrxLKna5cZ2REBfFkg=="), expect!["400 BadDigest"]);
    check(("content-md5", "x"), expect!["400 InvalidDigest"]);
}

#[test]
fn what_is_said_about_an_object_stays_with_it() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    let headers = [
        ("content-type", "text/plain"),
        ("x-amz-meta-colour", "blue"),
        ("x-amz-tagging", "a=1&b=%20"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "k"),
    ];
    s3.send("PUT /some/key", With { headers: &headers, body: "x", ..With::default() });
    let copied = [("x-amz-copy-source", "/some/key"), ("x-amz-server-side-encryption", "AES256")];
    s3.send("PUT /some/copy", With { headers: &copied, ..With::default() });
    let mut check = |key: &str, expect: Expect| {
        let (_, headers, _) = s3.full(&format!("HEAD /some/{key}"), With::default());
        let mut lines: Vec<String> = headers
            .iter()
            .filter(|(name, _)| name.starts_with("x-amz") || name == "content-type")
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        lines.sort();
        expect.assert_eq(&lines.concat());
    };
    check(
        "key",
        expect![[r#"
        content-type: text/plain
        x-amz-meta-colour: blue
        x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:us-east-1:000000000000:key/k
        x-amz-server-side-encryption: aws:kms
        x-amz-storage-class: STANDARD_IA
        x-amz-tagging-count: 2
    "#]],
    );
    check(
        "copy",
        expect![[r#"
        content-type: text/plain
        x-amz-meta-colour: blue
        x-amz-server-side-encryption: AES256
        x-amz-tagging-count: 2
    "#]],
    );
    let mut check = |what: &str, headers: &[(&str, &str)], body: &str, expect: Expect| {
        expect.assert_eq(&s3.send(what, With { headers, body, ..With::default() }));
    };
    check(
        "GET /some/copy?tagging",
        &[],
        "",
        expect![
            "200 <Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value> </Value></Tag></TagSet></Tagging>"
        ],
    );
    check(
        "PUT /some/copy",
        &[("x-amz-copy-source", "some/copy")],
        "",
        expect![
            "400 InvalidRequest: This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
        ],
    );
    check(
        "PUT /some/x",
        &[("x-amz-acl", "public-read")],
        "",
        expect!["400 AccessControlListNotSupported: The bucket does not allow ACLs"],
    );
    check("PUT /some/x", &[("x-amz-acl", "bucket-owner-full-control")], "", expect!["200"]);
    check(
        "PUT /some/x",
        &[("x-amz-storage-class", "COLD")],
        "",
        expect!["400 InvalidStorageClass: The storage class you specified is not valid"],
    );
    check(
        "PUT /some/x",
        &[("x-amz-tagging", "a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1")],
        "",
        expect!["400 BadRequest: Object tags cannot be greater than 10"],
    );
    check("DELETE /some/copy?tagging", &[], "", expect!["204"]);
    check("GET /some/copy?tagging", &[], "", expect!["200 <Tagging><TagSet></TagSet></Tagging>"]);
}

#[test]
fn listing() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    for key in ["a", "d/1", "d/2", "e%20f", "z"] {
        s3.get(&format!("PUT /some/{key}"));
    }
    let mut check = |query: &str, expect: Expect| {
        let answer = s3.get(&format!("GET /some?{query}"));
        let document = crate::xml::Element::parse(&answer.as_bytes()[4..]).unwrap();
        let mut lines: Vec<&str> = Vec::new();
        for child in &document.children {
            lines.extend(match child.name.as_str() {
                "Contents" | "Version" | "DeleteMarker" => child.text_of("Key"),
                "CommonPrefixes" => child.text_of("Prefix"),
                _ => None,
            });
        }
        let next = ["NextContinuationToken", "NextMarker", "NextKeyMarker"]
            .iter()
            .find_map(|name| document.text_of(name));
        expect.assert_eq(&format!("{} | {}", lines.join(" "), next.unwrap_or("end")));
    };
    check("list-type=2", expect!["a d/1 d/2 e f z | end"]);
    check("list-type=2&encoding-type=url&start-after=d/2", expect!["e%20f z | end"]);
    check("list-type=2&delimiter=/&max-keys=2", expect!["a d/ | 642f"]);
    check("list-type=2&delimiter=/&max-keys=2&continuation-token=642f", expect!["e f z | end"]);
    check("list-type=2&prefix=d/", expect!["d/1 d/2 | end"]);
    check("list-type=2&max-keys=0", expect![" | end"]);
    check("delimiter=/&max-keys=2", expect!["a d/ | d/"]);
    check("delimiter=/&marker=d/", expect!["e f z | end"]);
    check("versions&max-keys=3", expect!["a d/1 d/2 | d/2"]);
    check("versions&key-marker=d/2", expect!["e f z | end"]);
}

#[test]
fn versions_are_listed_newest_first_and_paged() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    s3.versioned("some", "us-east-1");
    let first = version(&mut s3, "PUT /some/key", "1");
    let second = version(&mut s3, "PUT /some/key", "2");
    let marker = version(&mut s3, "DELETE /some/key", "");
    let page = s3.get("GET /some?versions&max-keys=2");
    let at = |id: &str| page.find(&format!("<VersionId>{id}</VersionId>"));
    assert!(at(&marker) < at(&second) && at(&first).is_none());
    let rest = s3.get(&format!("GET /some?versions&key-marker=key&version-id-marker={second}"));
    assert!(rest.contains(&first) && !rest.contains(&marker));
    let objects = "<Delete><Quiet>true</Quiet>".to_owned()
        + &[&first, &second, &marker]
            .map(|id| format!("<Object><Key>key</Key><VersionId>{id}</VersionId></Object>"))
            .concat()
        + "</Delete>";
    assert!(s3.put("POST /some?delete", &objects).starts_with("400 InvalidRequest"));
    let sum = [("x-amz-sdk-checksum-algorithm", "CRC32")];
    let with = With { headers: &sum, body: &objects, ..With::default() };
    assert_eq!(s3.send("POST /some?delete", with), "200 <DeleteResult></DeleteResult>");
    assert_eq!(s3.get("DELETE /some"), "204");
}

#[test]
fn uploads_in_parts() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    let started = s3.get("POST /some/key?uploads");
    let id = started.split("<UploadId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let large = "x".repeat(5 * 1024 * 1024);
    let etag = |s3: &mut S3, number: u32, body: &str| {
        let what = format!("PUT /some/key?partNumber={number}&uploadId={id}");
        let (_, headers, _) = s3.full(&what, With { body, ..With::default() });
        header(&headers, "etag").to_owned()
    };
    let one = etag(&mut s3, 1, &large);
    let two = etag(&mut s3, 2, "end");
    let complete = |parts: &[(u32, &str)]| {
        let parts: String = parts
            .iter()
            .map(|(number, etag)| {
                format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
            })
            .collect();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    };
    let what = format!("POST /some/key?uploadId={id}");
    let mut check = |parts: &[(u32, &str)], expect: Expect| {
        let answer = s3.put(&what, &complete(parts));
        expect.assert_eq(answer.split(['<', ':']).next().unwrap().trim());
    };
    check(&[(2, &two), (1, &one)], expect!["400 InvalidPartOrder"]);
    check(&[(1, &two)], expect!["400 InvalidPart"]);
    check(&[], expect!["400 MalformedXML"]);
    check(&[(1, &one), (2, &two)], expect!["200"]);
    check(&[(1, &one), (2, &two)], expect!["404 NoSuchUpload"]);
    let (_, headers, _) = s3.full("HEAD /some/key", With::default());
    assert_eq!(header(&headers, "content-length"), "5242883");
    assert!(header(&headers, "etag").ends_with("-2\""));
    assert_eq!(
        brief(&mut s3, "GET /some/key?partNumber=2", With::default()),
        "206 end content-range=bytes 5242880-5242882/5242883"
    );
}

#[test]
fn locks_keep_versions() {
    let mut s3 = S3::default();
    let lock = [("x-amz-bucket-object-lock-enabled", "true")];
    s3.send("PUT /locked", With { headers: &lock, ..With::default() });
    let retained = [
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-object-lock-retain-until-date", "2026-01-02T00:00:00Z"),
    ];
    let with = With { headers: &retained, body: "x", ..With::default() };
    let (_, headers, _) = s3.full("PUT /locked/key", with);
    let what = format!("DELETE /locked/key?versionId={}", header(&headers, "x-amz-version-id"));
    assert_eq!(s3.get(&what), "403 AccessDenied: Access Denied");
    let hold = "<LegalHold><Status>ON</Status></LegalHold>";
    assert_eq!(s3.put("PUT /locked/key?legal-hold", hold), "200");
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    let bypass = With { headers: &bypass, ..With::default() };
    assert_eq!(s3.send(&what, bypass), "403 AccessDenied: Access Denied");
    assert_eq!(s3.put("PUT /locked/key?legal-hold", &hold.replace("ON", "OFF")), "200");
    assert_eq!(s3.send(&what, bypass), "204");
}

#[test]
fn the_world_can_be_written_down() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    s3.versioned("some", "us-east-1");
    s3.put("PUT /some/key", "\u{1}body");
    let text = serde_json::to_string(&s3.world).unwrap();
    s3.world = serde_json::from_str(&text).unwrap();
    assert_eq!(s3.get("GET /some/key"), "200 \u{1}body");
}
