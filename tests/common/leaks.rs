//! Secrets that are looked for wherever they must not be.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    reason = "each test binary uses its own part of this, and what fails here is a failed test"
)]

use std::path::Path;

/// A secret with odd characters around a part that no encoding changes and nothing else contains.
#[derive(Clone, Debug)]
pub struct Planted {
    pub text: String,
    core: String,
}

impl Planted {
    pub fn new(before: &str, core: &str, after: &str) -> Self {
        assert!(core.len() >= 10, "a core that is like nothing else");
        Self { text: format!("{before}{core}{after}"), core: core.to_owned() }
    }

    /// What gives it away: the core, as it is, and whatever of it base64 has at any offset.
    fn traces(&self) -> Vec<String> {
        let mut traces = vec![self.core.clone(), self.core.to_uppercase()];
        for offset in 0..3 {
            let padded = format!("{}{}", "x".repeat(offset), self.core);
            let encoded = base64(padded.as_bytes());
            // The first and the last characters depend on what stands beside it.
            let from = if offset == 0 { 0 } else { 4 };
            let end = padded.len() / 3 * 4;
            traces.push(encoded[from..end].to_owned());
        }
        traces
    }

    /// Whether a text gives it away.
    pub fn is_in(&self, text: &str) -> bool {
        self.traces().iter().any(|trace| text.contains(trace))
    }

    /// Fails where a text gives it away.
    #[track_caller]
    pub fn not_in(&self, what: &str, text: &str) {
        assert!(!self.is_in(text), "{what} tells the secret {:?}:\n{text}", self.text);
    }

    /// Fails where a file below a directory gives it away.
    #[track_caller]
    pub fn not_below(&self, dir: &Path) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.not_below(&path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                self.not_in(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
            }
        }
    }
}

/// A secret as somebody might repeat it.
pub fn repeated(secret: &str) -> String {
    let json = serde_json::Value::from(secret).to_string();
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let xml = xml.replace('"', "&quot;").replace('\'', "&apos;");
    let url: String = secret
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let base64 = base64(secret.as_bytes());
    format!("not '{secret}', not {json}, not {xml}, not {url}, not {base64}; nor {secret:?}")
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place) & 63) as usize;
            text.push(if place <= chunk.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}
