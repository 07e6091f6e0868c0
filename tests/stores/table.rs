//! Each kind of damage by its name: refused with its position and the way out, or harmless.

use bicoastal::runtime::{Lease, StoreError};
use bicoastal_engine::journal::checksum;

use crate::stage::{Kind, Stage, exports};

type Edit = fn(&str) -> Vec<u8>;

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The same line with something else in it, and the check sum that fits.
fn forged(line: &str, edit: impl Fn(&str) -> String) -> String {
    let (_, rest) = line.trim_end().split_once(' ').unwrap();
    let rest = edit(rest);
    format!("{} {rest}\n", checksum(&rest))
}

const JOURNAL: [(&str, Edit); 14] = [
    ("a number is another", |it| it.replacen(" 6 ", " 7 ", 1).into()),
    ("a check sum is another", |it| {
        let second = lines(it)[0].len();
        let mut bytes = it.as_bytes().to_vec();
        bytes[second] = if bytes[second] == b'0' { b'1' } else { b'0' };
        bytes
    }),
    ("a value is another", |it| it.replacen("\"n\",6", "\"n\",9", 1).into()),
    ("a name is another", |it| it.replacen("exports", "imports", 1).into()),
    ("a line in the middle is missing", |it| [lines(it)[0], lines(it)[2]].concat().into()),
    ("the first line is missing", |it| lines(it)[1..].concat().into()),
    ("a line is there twice", |it| [lines(it)[0], lines(it)[1], lines(it)[1]].concat().into()),
    ("two lines are swapped", |it| [lines(it)[1], lines(it)[0], lines(it)[2]].concat().into()),
    ("two lines are one", |it| it.replacen('\n', "", 1).into()),
    ("zeros in the middle", |it| it.replacen("exports", "\0\0\0\0\0\0\0", 1).into()),
    ("what is no text", |it| [lines(it)[0].as_bytes(), b"\xff\xfe\n"].concat()),
    ("a line of a newer version", |it| {
        let newer = forged(lines(it)[2], |rest| format!("2:{rest}"));
        [lines(it)[0], lines(it)[1], &newer].concat().into()
    }),
    ("an entry that nobody knows", |it| {
        let odd = forged(lines(it)[2], |rest| rest.replace("exports", "wishes"));
        [lines(it)[0], lines(it)[1], &odd].concat().into()
    }),
    ("an entry that can't follow", |it| {
        let end = r#"7 {"opened":{"stack":"s","lineage":"abc"}}"#;
        let odd = format!("{} {end}\n", checksum(end));
        [lines(it)[0], lines(it)[1], &odd].concat().into()
    }),
];

/// What a crash in the middle of a write leaves; nobody relied on it.
const TORN: [(&str, Edit, u64); 3] = [
    ("whole", |it| it.into(), 7),
    ("the last line is cut short", |it| it.as_bytes()[..it.len() - 9].into(), 6),
    (
        "zeros instead of the last line",
        |it| [lines(it)[0].as_bytes(), lines(it)[1].as_bytes(), &[0; 40]].concat(),
        6,
    ),
];

const SNAPSHOT: [(&str, Edit); 9] = [
    ("empty", |_| Vec::new()),
    ("cut short", |it| it.as_bytes()[..it.len() / 2].into()),
    ("something behind its end", |it| format!("{it}{{}}").into()),
    ("a value is another", |it| it.replacen("\"n\"", "\"m\"", 1).into()),
    ("another lineage", |it| it.replacen("\"abc\"", "\"abd\"", 1).into()),
    ("another check sum", |it| it.replacen("\"checksum\": \"", "\"checksum\": \"0", 1).into()),
    ("no check sum", |it| it.replacen("\"checksum\"", "\"check\"", 1).into()),
    ("a newer format", |it| it.replacen("\"format\": 1", "\"format\": 9", 1).into()),
    ("the format of one that has moved", |it| {
        it.replacen("\"format\": 1", "\"format\": 2", 1).into()
    }),
];

#[tokio::test]
async fn each_kind_of_damage_to_files_is_named() {
    let stage = Stage::with(Kind::File, 4, true).await;
    let lease = stage.lease().await;
    lease.load().await.unwrap();
    lease.append(&[exports(5), exports(6), exports(7)]).await.unwrap();
    drop(lease);
    let dir = stage.dir.path().join("state/s");
    let said = async |name: &str, what: &str, edit: Edit| {
        let path = dir.join(name);
        let good = std::fs::read_to_string(&path).unwrap();
        let bad = edit(&good);
        assert!(bad != good.as_bytes(), "{what}");
        std::fs::write(&path, &bad).unwrap();
        let Err(StoreError::Damaged(words)) = stage.load().await else {
            panic!("{name}: {what}: it is believed");
        };
        // Under the lease it is no better, and nothing is written over it.
        let lease = stage.lease().await;
        assert_eq!(lease.load().await, Err(StoreError::Damaged(words.clone())), "{what}");
        drop(lease);
        assert_eq!(std::fs::read(&path).unwrap(), bad, "{what}");
        std::fs::write(&path, good).unwrap();
        assert!(words.contains("\n  hint: ") && words.contains(name), "{what}: {words}");
        let position = name == "state.json" || words.contains("line ") || words.contains("record ");
        assert!(position, "{what}: {words}");
        let words = words.replace(&dir.display().to_string(), "$DIR");
        format!("{name}, {what}\n  {}\n", words.lines().next().unwrap())
    };
    let mut all = String::new();
    for (what, edit) in JOURNAL {
        all.push_str(&said("journal.jsonl", what, edit).await);
    }
    for (what, edit) in SNAPSHOT {
        all.push_str(&said("state.json", what, edit).await);
    }
    // The journal of another life, from its first entry on.
    let other = Stage::with(Kind::File, 7, false).await;
    let path = other.dir.path().join("state/s/journal.jsonl");
    let journal = std::fs::read_to_string(path).unwrap();
    let (first, rest) = journal.split_once('\n').unwrap();
    let first = forged(first, |rest| rest.replace("abc", "xyz"));
    let good = std::fs::read(dir.join("journal.jsonl")).unwrap();
    std::fs::write(dir.join("journal.jsonl"), format!("{first}{rest}")).unwrap();
    let words = stage.load().await.unwrap_err().to_string();
    assert!(words.contains("it is of the lineage xyz"), "{words}");
    std::fs::write(dir.join("journal.jsonl"), good).unwrap();
    let words = words.replace(&dir.display().to_string(), "$DIR");
    all.push_str(&format!("the journal of another life\n  {}\n", words.lines().next().unwrap()));
    println!("{all}");
    assert_eq!(stage.generation().await, 7);
}

#[tokio::test]
async fn what_a_crash_left_of_the_last_line_is_cut_off() {
    for (what, edit, generation) in TORN {
        let stage = Stage::with(Kind::File, 4, true).await;
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        lease.append(&[exports(5), exports(6), exports(7)]).await.unwrap();
        drop(lease);
        let path = stage.dir.path().join("state/s/journal.jsonl");
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, edit(&good)).unwrap();
        assert_eq!(stage.generation().await, generation, "{what}");
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        lease.append(&[exports(generation + 1)]).await.unwrap();
        drop(lease);
        assert_eq!(stage.generation().await, generation + 1, "{what}");
    }
}

/// The same in a bucket: names and documents that do not belong together.
#[tokio::test]
async fn each_kind_of_damage_to_objects_is_named() {
    let stage = Stage::with(Kind::S3, 4, true).await;
    let lease = stage.lease().await;
    lease.load().await.unwrap();
    for number in 5..8 {
        lease.append(&[exports(number)]).await.unwrap();
    }
    lease.release().await;
    drop(lease);
    let raw = stage.raw();
    let names = raw.list("s/").await.unwrap();
    let find = |part: &str| names.iter().rfind(|name| name.contains(part)).unwrap().clone();
    let (head, snapshot, last) = (find("/head"), find("/snapshot/"), find("/journal/"));
    let slot = |number: usize| format!("{}{number:010}", &last[..last.len() - 10]);
    let bytes = async |name: &str| raw.get(name).await.unwrap().unwrap().bytes;
    let text = async |name: &str| String::from_utf8(bytes(name).await).unwrap();
    let head_text = text(&head).await;
    let first = text(&slot(0)).await;
    let newer = |line: &str| forged(line, |rest| rest.replacen("\"format\":1", "\"format\":9", 1));
    let header = |text: &str| text.split_inclusive('\n').next().unwrap().to_owned();
    let cases: Vec<(&str, String, Vec<u8>)> = vec![
        ("an empty head", head.clone(), Vec::new()),
        ("a head of a newer version", head.clone(), newer(&head_text).into()),
        (
            "another stack's head",
            head.clone(),
            forged(&head_text, |it| it.replacen("\"s\"", "\"t\"", 1)).into(),
        ),
        (
            "a head of an era that is not there",
            head.clone(),
            forged(&head_text, |it| it.replacen("\"era\":\"0", "\"era\":\"9", 1)).into(),
        ),
        ("something behind a head", head.clone(), format!("{head_text}x\n").into()),
        ("an empty snapshot", snapshot.clone(), Vec::new()),
        ("a head as a snapshot", snapshot.clone(), head_text.clone().into()),
        ("an empty slot", slot(1), Vec::new()),
        ("a slot that is another one", slot(1), first.clone().into()),
        ("a slot cut short", slot(1), header(&text(&slot(1)).await).into()),
        ("a slot with more than it says", slot(0), {
            format!("{first}{}", text(&slot(1)).await.split_once('\n').unwrap().1).into()
        }),
        ("a slot of a newer version", slot(2), newer(&header(&text(&slot(2)).await)).into()),
        (
            "another stack's slot",
            slot(1),
            forged(&header(&first), |it| it.replacen("\"s\"", "\"t\"", 1)).into(),
        ),
    ];
    let mut all = String::new();
    for (what, name, bad) in cases {
        let good = raw.get(&name).await.unwrap().unwrap();
        raw.replace(&name, &bad, &good.version).await.unwrap().unwrap();
        let Err(StoreError::Damaged(words)) = stage.load().await else {
            panic!("{what}: it is believed");
        };
        assert!(words.contains("hint: ") && words.contains("s3://state/team"), "{what}: {words}");
        let again = raw.get(&name).await.unwrap().unwrap();
        assert_eq!(again.bytes, bad, "{what}");
        raw.replace(&name, &good.bytes, &again.version).await.unwrap().unwrap();
        let owner = names.iter().find_map(|name| name.split('-').nth(1)).unwrap_or_default();
        all.push_str(&format!("{what}\n  {}\n", words.lines().next().unwrap().replace(owner, "…")));
    }
    println!("{all}");
    assert_eq!(stage.generation().await, 7);
}

/// A lease that can't be read is nobody's right to write: whoever comes is told where it is.
#[tokio::test]
async fn a_damaged_lease_is_refused_in_words() {
    let stage = Stage::with(Kind::S3, 3, false).await;
    let raw = stage.raw();
    let found = raw.get("s/lease").await.unwrap().unwrap();
    raw.replace("s/lease", b"{", &found.version).await.unwrap().unwrap();
    let lease = stage.store().lease("s", &bicoastal::runtime::Ask::new("apply")).await;
    let words = lease.map(|lease: Box<dyn Lease>| lease.note()).unwrap_err().to_string();
    assert!(words.contains("s/lease in s3://state/team") && words.contains("hint: "), "{words}");
    // Who only looks needs none.
    assert_eq!(stage.generation().await, 3);
}
