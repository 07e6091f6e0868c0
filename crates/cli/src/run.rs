//! From the command line to an exit code.

use std::ffi::OsString;
use std::io::{self, BufReader, IsTerminal, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use bicoastal_model::Stack;

use crate::args::{self, Asked, Verb};
use crate::clouds::Clouds;
use crate::console::{Console, Io};
use crate::failure::Failure;
use crate::session::Session;
use crate::verbs;

/// Everything went well, or there was nothing to do.
const OK: u8 = 0;
/// Something was not done.
const ERROR: u8 = 1;

/// Runs a program that declares one stack: parses the process's command line, and does what it
/// says, on its terminal.
///
/// `program` is the stack's name unless `--stack` says otherwise. `declare` is called with an
/// empty stack and with the program's own flags, which are flattened into the library's.
pub fn run<A: clap::Args>(
    program: &str,
    clouds: &dyn Clouds,
    declare: &dyn Fn(&mut Stack, &A),
) -> ExitCode {
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let interactive = stdin.is_terminal() && stderr.is_terminal();
    // A dumb terminal can't move its cursor: everything is a line there, as in a file.
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let live = stderr.is_terminal() && !dumb;
    let colors = |choice| choice != ColorChoice::Never;
    let out_color = colors(AutoStream::choice(&stdout));
    let err_color = colors(AutoStream::choice(&stderr));
    let mut input = BufReader::new(stdin);
    // Whether there are colours is decided here; the streams only translate them where a
    // terminal does not understand them.
    let mut out =
        AutoStream::new(stdout, if out_color { ColorChoice::Always } else { ColorChoice::Never });
    let mut err =
        AutoStream::new(stderr, if err_color { ColorChoice::Always } else { ColorChoice::Never });
    let io = Io {
        out: &mut out,
        err: &mut err,
        input: &mut input,
        out_color,
        err_color,
        interactive,
        live,
    };
    ExitCode::from(run_from(program, clouds, declare, std::env::args_os(), io))
}

/// The same with everything that a process has handed in: for tests, and for tools that embed
/// the verbs. `args` begin with the program's own name.
///
/// Returns the exit code: 0 where everything is as wanted, 1 on any error (a partial failure is
/// one), 2 for changes with `--detailed-exitcode`.
pub fn run_from<A: clap::Args>(
    program: &str,
    clouds: &dyn Clouds,
    declare: &dyn Fn(&mut Stack, &A),
    args: impl IntoIterator<Item = OsString>,
    io: Io<'_>,
) -> u8 {
    let asked: Asked<A> = match args::parse(args) {
        Ok(asked) => asked,
        Err(error) => return misunderstood(&error, io),
    };
    let Asked { own, flags, verb } = asked;
    let console = Console::new(io, flags.no_color);
    let declare = |stack: &mut Stack| declare(stack, &own);
    let ran = Session::new(&console, &flags, program, clouds, &declare).and_then(|session| {
        let runtime = runtime(session.is_local())?;
        runtime.block_on(async {
            session.open().await?;
            verbs::run(&session, verb.as_ref()).await
        })
    });
    match (ran, console.lost()) {
        (Ok(code), None) => code,
        (Ok(_), Some(lost)) => {
            console.diagnostic(&format!("error: {lost}"));
            ERROR
        }
        (Err(failure), _) => {
            if flags.json {
                let mut line = failure.json();
                // Where lines are events, this is one.
                if matches!(verb, Some(Verb::Apply { .. } | Verb::Destroy)) {
                    line["event"] = "error".into();
                }
                console.json_line(&line);
            }
            console.diagnostic(&failure.text());
            ERROR
        }
    }
}

/// The local cloud's virtual time wants one thread, so that runs repeat exactly.
fn runtime(local: bool) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = if local {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no threads from the system: {error}")))
}

/// Help, or what is wrong with the command line. clap's own code for that is 2, which says
/// "there are changes" here.
fn misunderstood(error: &clap::Error, io: Io<'_>) -> u8 {
    let (stream, color): (&mut dyn Write, bool) =
        if error.use_stderr() { (io.err, io.err_color) } else { (io.out, io.out_color) };
    let text = error.render();
    let text = if color { text.ansi().to_string() } else { text.to_string() };
    // Nobody is left to tell.
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if error.use_stderr() { ERROR } else { OK }
}
