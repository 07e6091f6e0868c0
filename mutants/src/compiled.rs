//! The crate compiled with all of its mutants, but for those that the compiler refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::mutant::Mutant;
use crate::switched::{Not, Switched, switched};
use crate::tree::Tree;

/// What is tried.
const PACKAGE: &str = "bicoastal-engine";
const ROOT: &str = "crates/engine/src/lib.rs";
/// Test programs that are too slow to be run for each mutant.
const LEFT_OUT: [&str; 2] = ["growth", "killed"];

/// A test program.
#[derive(Debug)]
pub struct Program {
    pub name: String,
    pub path: PathBuf,
}

/// The test programs with the mutants in them, and those that are not.
#[derive(Debug)]
pub struct Compiled {
    pub programs: Vec<Program>,
    pub refused: BTreeSet<usize>,
    pub constant: BTreeSet<usize>,
}

/// Compiles the crate until nothing is refused any more.
pub fn compiled(tree: &Tree, mutants: &[Mutant]) -> Result<Compiled, String> {
    let mut refused = BTreeSet::new();
    let mut constant = BTreeSet::new();
    loop {
        let files = put_in(tree, mutants, &refused)?;
        for (mutant, not) in files.values().flat_map(|file| &file.not) {
            match not {
                Not::Chain => refused.insert(*mutant),
                Not::Constant => constant.insert(*mutant),
            };
        }
        let told = cargo(tree, &["check", "--lib"])?;
        let blamed = blamed(&told, mutants, &files)?;
        if blamed.is_empty() {
            break;
        }
        println!("the compiler refuses {} more", blamed.len());
        refused.extend(blamed);
    }
    let told = cargo(tree, &["test", "--no-run"])?;
    let programs: Vec<_> = told.iter().filter_map(program).collect();
    if programs.is_empty() {
        return Err(rendered(&told));
    }
    Ok(Compiled { programs, refused, constant })
}

/// Writes the files with those that are not refused in them.
fn put_in(
    tree: &Tree,
    mutants: &[Mutant],
    refused: &BTreeSet<usize>,
) -> Result<BTreeMap<String, Switched>, String> {
    let mut by_file: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        let here = by_file.entry(&mutant.file).or_default();
        if !refused.contains(&number) {
            here.push((number, mutant));
        }
    }
    let mut files = BTreeMap::new();
    for (file, here) in by_file {
        let switched =
            switched(&tree.read(file)?, &here).map_err(|error| format!("{file}: {error}"))?;
        tree.write(file, switched.text.as_bytes())?;
        files.insert(file.to_owned(), switched);
    }
    let root = files.get(ROOT).map_or_else(|| tree.read(ROOT), |root| Ok(root.text.clone()))?;
    tree.write(ROOT, format!("{root}\nmod mutant_switch;\n").as_bytes())?;
    let switch = include_bytes!("../switch/mutant_switch.rs");
    tree.write("crates/engine/src/mutant_switch.rs", switch)?;
    Ok(files)
}

/// What cargo says, a message each.
fn cargo(tree: &Tree, verb: &[&str]) -> Result<Vec<Value>, String> {
    let mut cargo = Command::new("cargo");
    cargo.args(verb).args(["-p", PACKAGE, "--message-format=json"]);
    // In the workspace's own place its test programs would be replaced by these.
    cargo.env("CARGO_TARGET_DIR", tree.copy.with_file_name("target"));
    cargo.current_dir(&tree.copy).stderr(Stdio::inherit());
    let output = cargo.output().map_err(|error| format!("{cargo:?}: {error}"))?;
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| error.to_string())).collect()
}

fn program(message: &Value) -> Option<Program> {
    let name = message["target"]["name"].as_str()?;
    let path = message["executable"].as_str()?;
    let tests = message["profile"]["test"].as_bool()? && !LEFT_OUT.contains(&name);
    tests.then(|| Program { name: name.to_owned(), path: path.into() })
}

fn errors(told: &[Value]) -> impl Iterator<Item = &Value> {
    let messages = told.iter().map(|message| &message["message"]);
    messages.filter(|message| message["level"] == "error")
}

fn rendered(told: &[Value]) -> String {
    errors(told).filter_map(|error| error["rendered"].as_str()).collect()
}

/// The mutants that the errors are about.
fn blamed(
    told: &[Value],
    mutants: &[Mutant],
    files: &BTreeMap<String, Switched>,
) -> Result<BTreeSet<usize>, String> {
    let mut blamed = BTreeSet::new();
    for error in errors(told) {
        let spans: Vec<_> = error["spans"].as_array().into_iter().flatten().collect();
        if spans.is_empty() {
            // How many errors there were.
            continue;
        }
        let (primary, others): (Vec<&Value>, Vec<_>) =
            spans.into_iter().partition(|span| span["is_primary"] == true);
        let found = primary.iter().chain(&others).find_map(|span| in_text(span, files));
        let guessed = || {
            let found = primary.iter().find_map(|span| around(span, files))?;
            println!("{}: refused for what is around it", mutants[found].name);
            Some(found)
        };
        let told = || error["rendered"].as_str().unwrap_or_default().to_owned();
        blamed.insert(found.or_else(guessed).ok_or_else(told)?);
    }
    Ok(blamed)
}

/// The mutant in whose text it is.
fn in_text(span: &Value, files: &BTreeMap<String, Switched>) -> Option<usize> {
    let (file, at) = place(span, files)?;
    let (_, mutant) =
        file.mutants.iter().find(|(text, _)| text.start <= at.start && at.end <= text.end)?;
    Some(*mutant)
}

/// One of those that are switched between at the smallest place that it is in: if another one is to
/// blame as well, the compiler says so again.
fn around(span: &Value, files: &BTreeMap<String, Switched>) -> Option<usize> {
    let (file, at) = place(span, files)?;
    let holding = file
        .around
        .iter()
        .filter(|(all, here)| all.start <= at.start && at.end <= all.end && !here.is_empty());
    let (_, mutants) = holding.min_by_key(|(all, _)| all.len())?;
    mutants.last().copied()
}

fn place<'f>(
    span: &Value,
    files: &'f BTreeMap<String, Switched>,
) -> Option<(&'f Switched, Range<usize>)> {
    let at = |end: &str| Some(span[end].as_u64()? as usize);
    Some((files.get(span["file_name"].as_str()?)?, at("byte_start")?..at("byte_end")?))
}
