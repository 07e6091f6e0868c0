//! Addresses, names, and the life of a bucket.

use expect_test::{Expect, expect};

use super::{S3, With, header};
use crate::call::Request;
use crate::s3::address::{Target, operation};
use crate::s3::names;

#[test]
fn addresses() {
    fn check(method: &str, host: &str, path: &str, expect: Expect) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.into(),
            host: host.into(),
            path: path.into(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            ..Request::default()
        };
        let target = Target::of(&request);
        let some = |text: Option<String>| text.unwrap_or_else(|| "-".into());
        let operation = operation(&request);
        expect.assert_eq(&format!("{operation} {} {}", some(target.bucket), some(target.key)));
    }
    check("GET", "s3.amazonaws.com", "/", expect!["ListBuckets - -"]);
    check("GET", "b.s3.amazonaws.com", "/k/x", expect!["GetObject b k/x"]);
    check("PUT", "a.b.s3.eu-west-1.amazonaws.com", "/?acl", expect!["PutBucketAcl a.b -"]);
    check("HEAD", "b.s3.dualstack.eu-west-1.amazonaws.com", "/", expect!["HeadBucket b -"]);
    check("PUT", "b.s3-accelerate.amazonaws.com", "/k%20%2B", expect!["PutObject b k +"]);
    check("GET", "s3.us-west-2.amazonaws.com", "/b/?list-type=2", expect!["ListObjectsV2 b -"]);
    check("GET", "localhost:4566", "/b?versions", expect!["ListObjectVersions b -"]);
    check("GET", "b.localhost:4566", "/k", expect!["GetObject b k"]);
    check("GET", "b.s3.localhost:4566", "/?location", expect!["GetBucketLocation b -"]);
    check(
        "GET",
        "127.0.0.1:4566",
        "/b?inventory",
        expect!["ListBucketInventoryConfigurations b -"],
    );
    check("GET", "127.0.0.1", "/b?inventory&id=x", expect!["GetBucketInventoryConfiguration b -"]);
    check("POST", "127.0.0.1", "/b/k?uploads", expect!["CreateMultipartUpload b k"]);
    check("PUT", "127.0.0.1", "/b/k?partNumber=1&uploadId=u", expect!["UploadPart b k"]);
    check("DELETE", "127.0.0.1", "/b/k//x?versionId=v", expect!["DeleteObject b k//x"]);
    check("PATCH", "127.0.0.1", "/b", expect!["Unknown b -"]);
}

#[test]
fn names_of_buckets() {
    for name in ["abc", "a.b.c", "1-2", &"x".repeat(63), "192.168.1.x"] {
        assert!(names::check(name).is_ok(), "{name}");
    }
    for name in [
        "ab",
        &"x".repeat(64),
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "192.168.1.1",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-x",
        "abc-s3alias",
        "abc--ol-s3",
        "abc--x-s3",
        "abc.mrap",
        "abc--table-s3",
    ] {
        assert_eq!(names::check(name).unwrap_err().code, "InvalidBucketName", "{name}");
    }
}

#[test]
fn creation_and_location() {
    let mut s3 = S3::default();
    let mut check = |what: &str, region: &str, constraint: &str, expect: Expect| {
        let body = match constraint {
            "" => String::new(),
            _ => format!(
                "<CreateBucketConfiguration><LocationConstraint>{constraint}</LocationConstraint>\
                 </CreateBucketConfiguration>"
            ),
        };
        expect.assert_eq(&s3.send(what, With { region, body: &body, ..With::default() }));
    };
    check("PUT /one", "us-east-1", "", expect!["200"]);
    check("PUT /one", "us-east-1", "", expect!["200"]);
    check(
        "PUT /one",
        "ap-south-1",
        "ap-south-1",
        expect![
            "409 BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it."
        ],
    );
    check(
        "PUT /two",
        "ap-south-1",
        "",
        expect![
            "400 IllegalLocationConstraintException: The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."
        ],
    );
    check(
        "PUT /two",
        "ap-south-1",
        "eu-west-1",
        expect![
            "400 IllegalLocationConstraintException: The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to."
        ],
    );
    check(
        "PUT /two",
        "us-east-1",
        "us-east-1",
        expect!["400 InvalidLocationConstraint: The specified location-constraint is not valid"],
    );
    check(
        "PUT /two",
        "us-east-1",
        "moon",
        expect!["400 InvalidLocationConstraint: The specified location-constraint is not valid"],
    );
    check("PUT /two", "ap-south-1", "ap-south-1", expect!["200"]);
    check(
        "PUT /two",
        "ap-south-1",
        "ap-south-1",
        expect![
            "409 BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it."
        ],
    );
    check("PUT /three", "eu-west-1", "EU", expect!["200"]);
    check("PUT /four", "us-east-1", "eu-west-1", expect!["200"]);
    check(
        "GET /one?location",
        "us-east-1",
        "",
        expect!["200 <LocationConstraint></LocationConstraint>"],
    );
    check(
        "GET /two?location",
        "us-east-1",
        "",
        expect!["200 <LocationConstraint>ap-south-1</LocationConstraint>"],
    );
    check(
        "GET /three?location",
        "eu-west-1",
        "",
        expect!["200 <LocationConstraint>EU</LocationConstraint>"],
    );
    let other = With { account: "111111111111", ..With::default() };
    assert_eq!(s3.send("PUT /one", other).split(':').next(), Some("409 BucketAlreadyExists"));
}

#[test]
fn the_oldest_region_resets_the_acl() {
    let mut s3 = S3::default();
    let open = [("x-amz-object-ownership", "ObjectWriter"), ("x-amz-acl", "public-read")];
    s3.send("PUT /one", With { headers: &open, ..With::default() });
    assert!(s3.get("GET /one?acl").contains("AllUsers"));
    s3.get("PUT /one");
    assert!(!s3.get("GET /one?acl").contains("AllUsers"));
    let enforced = [("x-amz-acl", "public-read")];
    let refused = s3.send("PUT /two", With { headers: &enforced, ..With::default() });
    expect!["400 InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"].assert_eq(&refused);
}

#[test]
fn another_region_and_another_account() {
    let mut s3 = S3::default();
    s3.bucket("here", "ap-south-1");
    let mut check = |what: &str, with: With<'_>, expect: Expect| {
        let (status, headers, body) = s3.full(what, with);
        let code = body.split(':').next().unwrap_or_default();
        expect.assert_eq(&format!("{status} {code} {}", header(&headers, "x-amz-bucket-region")));
    };
    let plain = With::default();
    let near = With { region: "ap-south-1", ..plain };
    check("HEAD /here", near, expect!["200  ap-south-1"]);
    check("HEAD /here", plain, expect!["301 PermanentRedirect ap-south-1"]);
    check("GET /here?tagging", plain, expect!["301 PermanentRedirect ap-south-1"]);
    let global = With { host: "here.s3.amazonaws.com", ..plain };
    check("GET /?tagging", global, expect!["400 AuthorizationHeaderMalformed ap-south-1"]);
    check("HEAD /", global, expect!["301 PermanentRedirect ap-south-1"]);
    check("HEAD /nowhere", plain, expect!["404 NoSuchBucket "]);
    let stranger = With { account: "111111111111", ..near };
    check("HEAD /here", stranger, expect!["403 AccessDenied ap-south-1"]);
    check("GET /here?policy", stranger, expect!["405 MethodNotAllowed ap-south-1"]);
    let wary = [("x-amz-expected-bucket-owner", "111111111111")];
    check("HEAD /here", With { headers: &wary, ..near }, expect!["403 AccessDenied ap-south-1"]);
}

#[test]
fn listing_pages_filters_and_tells_regions() {
    let mut s3 = S3::default();
    s3.bucket("a-one", "us-east-1");
    s3.bucket("a-two", "ap-south-1");
    s3.bucket("b-one", "us-east-1");
    let mut check = |query: &str, expect: Expect| {
        let answer = s3.get(&format!("GET /{query}"));
        let document = crate::xml::Element::parse(&answer.as_bytes()[4..]).unwrap();
        let buckets: Vec<String> = document
            .get("Buckets")
            .unwrap()
            .all("Bucket")
            .map(|bucket| {
                let region = bucket.text_of("BucketRegion").unwrap_or("-");
                format!("{}@{region}", bucket.text_of("Name").unwrap())
            })
            .collect();
        let next = document.text_of("ContinuationToken").unwrap_or("end");
        expect.assert_eq(&format!("{} {next}", buckets.join(" ")));
    };
    check("", expect!["a-one@- a-two@- b-one@- end"]);
    check("?max-buckets=2", expect!["a-one@us-east-1 a-two@ap-south-1 a-two"]);
    check("?max-buckets=2&continuation-token=a-two", expect!["b-one@us-east-1 end"]);
    check("?prefix=a-", expect!["a-one@us-east-1 a-two@ap-south-1 end"]);
    check("?bucket-region=us-east-1", expect!["a-one@us-east-1 b-one@us-east-1 end"]);
}

#[test]
fn deletion_needs_an_empty_bucket_and_may_hold_the_name() {
    let mut s3 = S3::default();
    s3.bucket("one", "us-east-1");
    s3.put("PUT /one/key", "x");
    expect!["409 BucketNotEmpty: The bucket you tried to delete is not empty"]
        .assert_eq(&s3.get("DELETE /one"));
    s3.get("DELETE /one/key");
    s3.world.set_duration_ms("s3.bucket.release", 60_000);
    expect!["204"].assert_eq(&s3.get("DELETE /one"));
    expect!["404 NoSuchBucket: The specified bucket does not exist"]
        .assert_eq(&s3.get("DELETE /one"));
    expect!["409 OperationAborted: A conflicting conditional operation is currently in progress against this resource. Please try again."]
        .assert_eq(&s3.get("PUT /one"));
    s3.wait(60_000);
    expect!["200"].assert_eq(&s3.get("PUT /one"));
}

#[test]
fn a_new_bucket_may_take_a_moment_to_be_seen() {
    let mut s3 = S3::default();
    s3.world.set_duration_ms("s3.bucket.visible", 2_000);
    s3.bucket("one", "us-east-1");
    assert!(s3.get("GET /one?tagging").starts_with("404 NoSuchBucket"));
    s3.wait(2_000);
    assert!(s3.get("GET /one?tagging").starts_with("404 NoSuchTagSet"));
}

#[test]
fn names_private_to_an_account_say_so() {
    let mut s3 = S3::default();
    let private = [("x-amz-bucket-namespace", "account-regional")];
    let with = With { headers: &private, ..With::default() };
    assert_eq!(s3.send("PUT /one-000000000000-us-east-1-an", with), "200");
    for (request, headers, code) in [
        ("PUT /one", &private[..], "400 InvalidNamespaceHeader"),
        ("PUT /one-111111111111-us-east-1-an", &private, "400 InvalidNamespaceHeader"),
        ("PUT /one-000000000000-ap-south-1-an", &private, "400 InvalidNamespaceHeader"),
        ("PUT /two-000000000000-us-east-1-an", &[], "400 MissingNamespaceHeader"),
        (
            "PUT /two-000000000000-us-east-1-an",
            &[("x-amz-bucket-namespace", "global")],
            "400 InvalidNamespaceHeader",
        ),
        ("PUT /titan", &[], "200"),
        ("PUT /two-000000000000-an", &[], "200"),
    ] {
        let answer = s3.send(request, With { headers, ..With::default() });
        assert!(answer.starts_with(code), "{request}: {answer}");
    }
}
