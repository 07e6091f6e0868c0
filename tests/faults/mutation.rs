//! Ways to spoil bytes: what a proptest draws, and what a corpus of valid bytes is put through.

use proptest::prelude::*;

/// One mutation of some bytes. Positions are shares of the length, in 65536ths.
#[derive(Clone, Debug)]
pub enum Mutation {
    Flip(u16, u8),
    Cut(u16, u16),
    Truncate(u16),
    Insert(u16, Vec<u8>),
    /// A part of it again somewhere else.
    Splice(u16, u16, u16),
    /// What stands between two of these bytes, left out or there twice: elements, members, lines.
    Without(u8, u16),
    Twice(u8, u16),
    /// Two neighbours of that kind change places.
    Swapped(u8, u16),
    /// Every run of digits, or the nth, another number.
    Number(u16, i128),
    Nested(u16, u16),
    Utf16,
    Quoted(u16),
}

impl Arbitrary for Mutation {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let at = any::<u16>;
        let between = || prop::sample::select(b"<>,\n{}".to_vec());
        prop_oneof![
            (at(), any::<u8>()).prop_map(|(at, mask)| Self::Flip(at, mask | 1)),
            (at(), 1..4000_u16).prop_map(|(from, length)| Self::Cut(from, length)),
            at().prop_map(Self::Truncate),
            (at(), prop::collection::vec(any::<u8>(), 1..8))
                .prop_map(|(at, bytes)| Self::Insert(at, bytes)),
            (at(), 1..4000_u16, at()).prop_map(|(from, length, to)| Self::Splice(from, length, to)),
            (between(), at()).prop_map(|(by, at)| Self::Without(by, at)),
            (between(), at()).prop_map(|(by, at)| Self::Twice(by, at)),
            (between(), at()).prop_map(|(by, at)| Self::Swapped(by, at)),
            (at(), prop_oneof![Just(-1), Just(i128::MAX), Just(i128::from(u64::MAX)), Just(0)])
                .prop_map(|(at, number)| Self::Number(at, number)),
            (at(), 1..5000_u16).prop_map(|(at, depth)| Self::Nested(at, depth)),
            Just(Self::Utf16),
            at().prop_map(Self::Quoted),
        ]
        .boxed()
    }
}

impl Mutation {
    /// The mutated bytes.
    pub fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let position = |share: u16| bytes.len() * usize::from(share) / 65536;
        let insert = |at: usize, what: &[u8]| [&bytes[..at], what, &bytes[at..]].concat();
        match self {
            Self::Flip(at, mask) => {
                let mut bytes = bytes.to_vec();
                if let Some(byte) = bytes.get_mut(position(*at)) {
                    *byte ^= mask;
                }
                bytes
            }
            Self::Cut(from, length) => {
                let from = position(*from);
                let to = (from + position(*length)).min(bytes.len());
                [&bytes[..from], &bytes[to..]].concat()
            }
            Self::Truncate(at) => bytes[..position(*at)].to_vec(),
            Self::Insert(at, what) => insert(position(*at), what),
            Self::Splice(from, length, to) => {
                let from = position(*from);
                let part = &bytes[from..(from + position(*length)).min(bytes.len())];
                insert(position(*to), part)
            }
            Self::Without(by, at) => parted(bytes, *by, *at, |_| Vec::new()),
            Self::Twice(by, at) => parted(bytes, *by, *at, |part| [part, part].concat()),
            Self::Swapped(by, at) => {
                let mut parts: Vec<&[u8]> = bytes.split_inclusive(|it| it == by).collect();
                let at = parts.len() * usize::from(*at) / 65536;
                if at + 1 < parts.len() {
                    parts.swap(at, at + 1);
                }
                parts.concat()
            }
            Self::Number(at, number) => {
                let start = position(*at);
                let digit = |it: &u8| it.is_ascii_digit();
                let Some(from) = bytes[start..].iter().position(digit) else {
                    return bytes.to_vec();
                };
                let from = start + from;
                let length = bytes[from..].iter().take_while(|it| digit(it)).count();
                [&bytes[..from], number.to_string().as_bytes(), &bytes[from + length..]].concat()
            }
            Self::Nested(at, depth) => {
                let depth = usize::from(*depth);
                let (open, close) =
                    if bytes.starts_with(b"<") { ("<n>", "</n>") } else { ("[", "]") };
                insert(position(*at), (open.repeat(depth) + &close.repeat(depth)).as_bytes())
            }
            Self::Utf16 => {
                String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            Self::Quoted(at) => insert(position(*at), b"\""),
        }
    }
}

/// The bytes with another in the place of what ends with this byte.
fn parted(bytes: &[u8], by: u8, at: u16, other: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let parts: Vec<&[u8]> = bytes.split_inclusive(|it| *it == by).collect();
    let at = parts.len() * usize::from(at) / 65536;
    let with = |(number, part): (usize, &&[u8])| {
        if number == at { other(part) } else { part.to_vec() }
    };
    parts.iter().enumerate().flat_map(with).collect()
}
