//! `aws-chunked`: the framing in which SDKs stream a body together with its checksum.
//!
//! A body is a run of `size[;chunk-signature=…]\r\n…data…\r\n`, ended by a chunk of size 0,
//! after which trailing headers follow (`x-amz-checksum-crc32:…`). Services see the plain body,
//! and the trailers as if they had been headers.

use bytes::Bytes;

use crate::call::Request;

/// Removes the framing from a request that has it; any other request is left as it is.
/// Framing that cannot be read is left too: the service then sees what was sent.
pub fn decode(request: &mut Request) {
    let streamed =
        request.header("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
    let encoded = request
        .header("content-encoding")
        .is_some_and(|encodings| encodings.split(',').any(is_chunked));
    if !streamed && !encoded {
        return;
    }
    let Some((body, trailers)) = unframe(&request.body) else { return };
    request.headers.retain(|(name, _)| name != "content-length" && name != "x-amz-trailer");
    for (name, value) in &mut request.headers {
        if name == "content-encoding" {
            let others: Vec<&str> =
                value.split(',').map(str::trim).filter(|encoding| !is_chunked(encoding)).collect();
            *value = others.join(",");
        }
    }
    request.headers.retain(|(name, value)| name != "content-encoding" || !value.is_empty());
    request.headers.push(("content-length".into(), body.len().to_string()));
    request.headers.extend(trailers);
    request.body = body;
}

fn is_chunked(encoding: &str) -> bool {
    encoding.trim().eq_ignore_ascii_case("aws-chunked")
}

type Trailers = Vec<(String, String)>;

fn unframe(mut rest: &[u8]) -> Option<(Bytes, Trailers)> {
    let mut body = Vec::new();
    loop {
        let (line, after) = split_line(rest)?;
        let size = line.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = after;
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Trailers::new();
    while let Some((line, after)) = split_line(rest) {
        rest = after;
        if let Some((name, value)) = line.split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Some((body.into(), trailers))
}

fn split_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 2..]))
}
