use bicoastal_local::Cloud;
use bicoastal_local::call::Request;
use bicoastal_local::chunked::decode;
use expect_test::{Expect, expect};

use crate::{outcome, query};

fn check(headers: &[(&str, &str)], body: &str, expected: Expect) {
    let mut request = Request {
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.to_owned().into(),
        ..Request::default()
    };
    decode(&mut request);
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    expected.assert_eq(&format!("{}\n{body:?}\n", headers.concat()));
}

#[test]
fn a_plain_body_stays() {
    check(
        &[("content-length", "12"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
        "5\r\nhello\r\n0\r\n",
        expect![[r#"
            content-length: 12
            x-amz-content-sha256: UNSIGNED-PAYLOAD

            "5\r\nhello\r\n0\r\n"
        "#]],
    );
}

#[test]
fn chunks_are_joined_and_trailers_become_headers() {
    check(
        &[
            ("content-encoding", "aws-chunked"),
            ("content-length", "99"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "10"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
        ],
        "5\r\nhello\r\n5\r\nworld\r\n0\r\nX-Amz-Checksum-Crc32: yKEG5Q==\r\n\r\n",
        expect![[r#"
            x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER
            x-amz-decoded-content-length: 10
            content-length: 10
            x-amz-checksum-crc32: yKEG5Q==

            "helloworld"
        "#]],
    );
}

#[test]
fn signed_chunks_lose_their_signatures() {
    check(
        &[("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")],
        "a;chunk-signature=ad80c730\r\n0123456789\r\n0;chunk-signature=b6c6ea8a\r\n\r\n",
        expect![[r#"
            x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD
            content-length: 10

            "0123456789"
        "#]],
    );
}

#[test]
fn other_encodings_stay() {
    check(
        &[("content-encoding", "gzip, aws-chunked")],
        "0\r\n\r\n",
        expect![[r#"
            content-encoding: gzip
            content-length: 0

            ""
        "#]],
    );
}

#[test]
fn a_chunk_that_is_cut_short_is_left_to_the_service() {
    check(
        &[("content-encoding", "aws-chunked")],
        "ff\r\nhello\r\n0\r\n\r\n",
        expect![[r#"
            content-encoding: aws-chunked

            "ff\r\nhello\r\n0\r\n\r\n"
        "#]],
    );
}

#[test]
fn the_front_door_decodes() {
    let mut request = query("sts", "us-east-1", "", &[]);
    request.headers.push(("content-encoding".into(), "aws-chunked".into()));
    request.body = "18\r\nAction=GetCallerIdentity\r\n0\r\n\r\n".into();
    assert_eq!(outcome(&Cloud::new(), request), "200");
}
