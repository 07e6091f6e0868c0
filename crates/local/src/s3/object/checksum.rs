//! Digests of bodies: checked where the client sends one, made where it does not.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::call::Request;
use crate::reply::Fault;

const PREFIX: &str = "x-amz-checksum-";

/// The MD5 in hexadecimal, as ETags have it.
pub(super) fn md5_hex(body: &[u8]) -> String {
    Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The MD5 of a run of MD5s in hexadecimal, as ETags of multipart uploads have it.
pub(super) fn md5_of_md5s<'a>(etags: impl Iterator<Item = &'a str>) -> String {
    let bytes: Vec<u8> = etags
        .flat_map(|etag| {
            (0..etag.len() / 2)
                .filter_map(|at| u8::from_str_radix(etag.get(at * 2..at * 2 + 2)?, 16).ok())
                .collect::<Vec<_>>()
        })
        .collect();
    md5_hex(&bytes)
}

/// Checks every digest in the headers against the body, and answers the checksums to keep:
/// those sent, or the one that S3 makes itself.
pub(super) fn verify(request: &Request, body: &[u8]) -> Result<BTreeMap<String, String>, Fault> {
    if let Some(sent) = request.header("content-md5") {
        let valid = STANDARD.decode(sent).is_ok_and(|digest| digest.len() == 16);
        if !valid {
            return Err(Fault::new(
                400,
                "InvalidDigest",
                "The Content-MD5 you specified was invalid.",
            )
            .detail("Content-MD5", sent));
        }
        if STANDARD.encode(Md5::digest(body)) != sent {
            return Err(Fault::new(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ));
        }
    }
    let mut checksums: BTreeMap<String, String> = request
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .filter(|(name, _)| !["mode", "type", "algorithm"].contains(&&name[PREFIX.len()..]))
        .cloned()
        .collect();
    for (name, value) in &checksums {
        if made(&name[PREFIX.len()..], body).is_some_and(|own| own != *value) {
            return Err(Fault::new(
                400,
                "BadDigest",
                format!(
                    "The {} you specified did not match the calculated checksum.",
                    name[PREFIX.len()..].to_ascii_uppercase()
                ),
            ));
        }
    }
    if checksums.is_empty() {
        let asked = request
            .header("x-amz-sdk-checksum-algorithm")
            .or_else(|| request.header("x-amz-checksum-algorithm"))
            .unwrap_or("CRC64NVME")
            .to_ascii_lowercase();
        if let Some(own) = made(&asked, body) {
            checksums.insert(format!("{PREFIX}{asked}"), own);
        }
    }
    Ok(checksums)
}

/// Whether a request carries any digest of its body, which some operations insist on.
pub(super) fn present(request: &Request) -> bool {
    request.header("content-md5").is_some()
        || request
            .headers
            .iter()
            .any(|(name, _)| name.starts_with(PREFIX) || name == "x-amz-sdk-checksum-algorithm")
}

/// The element of a checksum in XML: `ChecksumCRC32`.
pub(super) fn element_name(header: &str) -> String {
    format!("Checksum{}", header[PREFIX.len()..].to_ascii_uppercase())
}

/// The name of the algorithm in XML: `CRC32`.
pub(super) fn algorithm(header: &str) -> String {
    header[PREFIX.len()..].to_ascii_uppercase()
}

/// The checksum of a body in base64; `None` for algorithms that are taken on trust.
pub(super) fn made(algorithm: &str, body: &[u8]) -> Option<String> {
    Some(match algorithm {
        "crc32" => STANDARD.encode((crc(body, 0xEDB8_8320, 0xFFFF_FFFF) as u32).to_be_bytes()),
        "crc32c" => STANDARD.encode((crc(body, 0x82F6_3B78, 0xFFFF_FFFF) as u32).to_be_bytes()),
        "crc64nvme" => STANDARD.encode(crc(body, 0x9A6C_9329_AC4B_C9B5, u64::MAX).to_be_bytes()),
        "sha256" => STANDARD.encode(Sha256::digest(body)),
        "md5" => STANDARD.encode(Md5::digest(body)),
        _ => return None,
    })
}

/// A reflected CRC of up to 64 bits, with the usual complements at both ends.
fn crc(body: &[u8], polynomial: u64, ones: u64) -> u64 {
    let table: Vec<u64> = (0..256u64)
        .map(|byte| {
            (0..8)
                .fold(byte, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ polynomial } else { crc >> 1 })
        })
        .collect();
    let step = |crc: u64, byte: &u8| {
        let at = usize::from((crc as u8) ^ byte);
        (crc >> 8) ^ table.get(at).copied().unwrap_or_default()
    };
    body.iter().fold(ones, step) ^ ones
}
