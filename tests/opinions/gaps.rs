//! What the judges do otherwise than AWS: a table of what the cases leave out for them, and the
//! proof of each line, which fails when the emulator is mended.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bicoastal::model::ScopeKind;

use crate::cases;
use crate::cloud::{Judge, Opened};
use crate::emulators::{Emulator, Python};
use crate::example;

/// What of a case is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it.
    Whole,
    /// That the program is killed while it creates and deletes: it runs twice instead.
    Killed,
    /// All regions but one of a subject that spans some.
    Regions,
    /// The capital letters of a name of the subject.
    Capitals(String),
    /// A field of the subject, declared and changed.
    Field(String),
    /// That a field of the subject, which is declared, is changed.
    Changes(String),
    /// That somebody else's edit of a field is seen.
    Drift(String),
}

impl Part {
    fn read(text: &str) -> Self {
        match text.rsplit_once(' ') {
            None if text == "all" => Self::Whole,
            None if text == "killed" => Self::Killed,
            None if text == "regions" => Self::Regions,
            None => Self::Field(text.to_owned()),
            Some(("changes of", field)) => Self::Changes(field.to_owned()),
            Some(("drift of", field)) => Self::Drift(field.to_owned()),
            Some(("capitals of", field)) => Self::Capitals(field.to_owned()),
            Some(_) => panic!("{text} is no part of a case"),
        }
    }
}

/// What of one case is left out for one judge.
#[derive(Clone, Debug, Default)]
pub struct Gaps(BTreeSet<Part>);

impl Gaps {
    pub fn of(judge: Judge, case: &str) -> Self {
        let mut table = table();
        let gaps = table.get_mut(judge.name()).and_then(|cases| cases.remove(case));
        Self(gaps.unwrap_or_default().keys().map(|part| Part::read(part)).collect())
    }

    pub fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
    }

    pub fn capitals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Capitals(field) => Some(field.as_str()),
            _ => None,
        })
    }

    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(field) => Some(field.as_str()),
            _ => None,
        })
    }
}

/// The section of the table for what `mended.py` does to answers.
const MENDED: &str = "mended";

/// What of the example is left out for a judge.
pub fn of_example(judge: Judge) -> Vec<String> {
    let gaps = table().remove(judge.name()).and_then(|mut cases| cases.remove(example::NAME));
    gaps.unwrap_or_default().into_keys().collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/opinions/gaps")
}

/// Judge, case, part: the name of the proof.
type Table = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

fn table() -> Table {
    let path = folder().join("table.json");
    let text = std::fs::read_to_string(&path).expect("the table");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_table_names_what_there_is() {
    let places = Opened::places_of_a_new_world();
    for (judge, cases) in table() {
        assert!(["moto", "ministack"].contains(&judge.as_str()), "{judge}");
        for (name, parts) in cases {
            if [example::NAME, MENDED].contains(&name.as_str()) {
                continue;
            }
            let case = cases::all().into_iter().find(|case| case.name == name);
            let case = case.unwrap_or_else(|| panic!("{name} is no case"));
            let desired = case.desired(&places);
            let schema = desired.resources[&case.subject.into()].schema;
            for part in parts.keys() {
                let is_there = match Part::read(part) {
                    Part::Whole | Part::Killed => true,
                    Part::Regions => schema.scope == ScopeKind::Spanning,
                    Part::Field(field)
                    | Part::Changes(field)
                    | Part::Drift(field)
                    | Part::Capitals(field) => schema.field(&field).is_some(),
                };
                assert!(is_there, "{name} has no {part}");
            }
        }
    }
}

/// Every proof of an emulator holds, and each is of something that is left out. The emulator is
/// one of its own, of which nothing is mended.
fn each_gap_is_proved(emulator: Emulator) {
    let name = emulator.name();
    let Some(python) = Python::or_skip(&format!("the gaps of {name} are proved")) else { return };
    let used: BTreeSet<String> = table()
        .remove(name)
        .unwrap_or_default()
        .into_values()
        .flat_map(BTreeMap::into_values)
        .collect();
    let running = emulator.start(&python);
    let said = python.run(&folder(), &[running.url(), name]);
    let (held, closed): (BTreeSet<&str>, BTreeSet<&str>) =
        said.lines().partition(|line| line.starts_with("held "));
    assert!(closed.is_empty(), "the gap is closed: take it out of gaps/: {closed:#?}");
    let held: BTreeSet<String> =
        held.iter().map(|line| line.trim_start_matches("held ").to_owned()).collect();
    assert_eq!(held, used, "what is proved, and what is left out in gaps/table.json");
}

#[test]
fn each_gap_of_moto_is_proved() {
    each_gap_is_proved(Emulator::Moto);
}

#[test]
fn each_gap_of_ministack_is_proved() {
    each_gap_is_proved(Emulator::Ministack);
}
