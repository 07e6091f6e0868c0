//! Tries the mutants of `bicoastal-engine`, all compiled into one program.
//!
//! To build a crate anew for each of its mutants is most of what `cargo mutants` costs. Here it only
//! lists them; each is put into the source behind a switch, and an environment variable says which one
//! is on. `docs/mutants.md` says how to run it and what it found.

mod compiled;
mod mutant;
mod places;
mod switched;
mod tree;
mod trials;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;

use mutant::Mutant;
use tree::Tree;
use trials::Verdict;

/// Takes `--jobs N` for itself and gives the rest to `cargo mutants --list`.
fn main() -> ExitCode {
    let mut jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut which = Vec::new();
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        if argument != "--jobs" {
            which.push(argument);
        } else if let Some(many) = given.next().and_then(|many| many.parse().ok()) {
            jobs = many;
        } else {
            eprintln!("--jobs takes a number");
            return ExitCode::FAILURE;
        }
    }
    match run(jobs, &which) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether none survived.
fn run(jobs: usize, which: &[String]) -> Result<bool, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let tree = Tree::of(workspace);
    let mut list = Command::new("cargo");
    list.args(["mutants", "-p", "bicoastal-engine", "--list", "--json"]).args(which);
    let listed = tree::answer(list.current_dir(workspace))?;
    let mutants = Mutant::all(listed.as_bytes())?;
    println!("{} mutants", mutants.len());

    tree.copy()?;
    let compiled = compiled::compiled(&tree, &mutants)?;
    let scratch = workspace.join("target/mutants");
    let tests = trials::traced(&compiled.programs, mutants.len(), jobs, &scratch)?;
    println!("{} tests", tests.len());

    let path = scratch.join("verdicts.txt");
    let file = fs::File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file = Mutex::new(file);
    let tell = |mutant: &Mutant, verdict: &str| {
        if let Ok(mut file) = file.lock() {
            let _ = writeln!(file, "{verdict}\t{}", mutant.name);
        }
    };
    let mut to_try = Vec::new();
    for (number, mutant) in mutants.iter().enumerate() {
        if compiled.refused.contains(&number) {
            tell(mutant, "refused by the compiler");
        } else if compiled.constant.contains(&number) {
            tell(mutant, "in a constant");
            println!("in a constant, to be tried by cargo mutants itself: {}", mutant.name);
        } else {
            to_try.push(number);
        }
    }
    let many = to_try.len();
    let verdicts = trials::side_by_side(jobs, to_try, |number| {
        let verdict = trials::tried(number, &tests)?;
        let told = match &verdict {
            Verdict::Caught(test) => format!("caught by {test}"),
            Verdict::Hung(test) => format!("hung in {test}"),
            Verdict::Survived(reach) => {
                println!("survived {reach} tests: {}", mutants[number].name);
                format!("survived {reach} tests")
            }
        };
        tell(&mutants[number], &told);
        Ok::<_, String>(verdict)
    });
    let verdicts = verdicts.into_iter().collect::<Result<Vec<_>, _>>()?;

    let count = |of: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| of(verdict)).count();
    let survived = count(|verdict| matches!(verdict, Verdict::Survived(_)));
    println!("caught by a test:        {}", count(|verdict| matches!(verdict, Verdict::Caught(_))));
    println!("caught by hanging:       {}", count(|verdict| matches!(verdict, Verdict::Hung(_))));
    println!("refused by the compiler: {}", compiled.refused.len());
    println!("in a constant:           {}", compiled.constant.len());
    println!(
        "survived:                {survived} of {many}; all verdicts are in {}",
        path.display()
    );
    Ok(survived == 0)
}
