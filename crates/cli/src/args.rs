//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches};

use crate::clouds::CloudChoice;

/// Where state, and the local cloud, are kept unless the command line says otherwise.
const DEFAULT_DIR: &str = ".bicoastal";

/// A program without flags of its own.
#[derive(Clone, Copy, Debug, Args)]
#[group(skip)]
pub struct NoArgs {}

/// Which cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CloudName {
    /// The embedded local AWS: no account, nothing to install
    Local,
    /// AWS itself, with the default credential chain
    Aws,
}

/// The flags of the library.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Flags of every program")]
// A group is named like its struct, and a program's own may have the same name.
#[group(skip)]
pub(crate) struct Flags {
    /// Answer every question with yes, destructive ones included
    #[arg(long, short = 'y', global = true)]
    pub(crate) yes: bool,

    /// Write JSON to stdout, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Exit with 0 if there is nothing to do, 2 if there are changes, 1 on errors
    #[arg(long, global = true)]
    pub(crate) detailed_exitcode: bool,

    /// Only this resource and what it depends on (may be repeated)
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) only: Vec<String>,

    /// Replace this resource although nothing asks for it (may be repeated)
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) replace: Vec<String>,

    /// Lift the protection of this resource, and AWS's own guards on it (may be repeated)
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) unprotect: Vec<String>,

    /// Go on without what can't be reached: it is left as it is and settled by a later run
    #[arg(long, global = true)]
    pub(crate) without_unseen: bool,

    /// Work on the stack of this name [default: the program's own]
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) stack: Option<String>,

    /// Where state is kept, one directory per stack [default: .bicoastal; on AWS .bicoastal/aws]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) state_dir: Option<PathBuf>,

    /// Where state is kept instead: file:DIR, s3://BUCKET/PREFIX?region=REGION,
    /// dynamodb://TABLE?region=REGION
    #[arg(long, value_name = "PLACE", global = true, conflicts_with = "state_dir")]
    pub(crate) state: Option<String>,

    /// Wait for another run that works on the same stack, at most so long (90s, 10m, 1h)
    /// [default: not at all; without a duration: as long as it takes]
    #[arg(
        long,
        value_name = "DURATION",
        global = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1000d",
        value_parser = duration
    )]
    pub(crate) wait: Option<Duration>,

    /// Which cloud [default: local]
    #[arg(long, value_name = "CLOUD", value_enum, global = true)]
    pub(crate) cloud: Option<CloudName>,

    /// Where the embedded local AWS is kept [default: .bicoastal/local]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) local_dir: Option<PathBuf>,

    /// Talk to an emulator at this URL instead
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) endpoint_url: Option<String>,

    /// A profile of the shared AWS configuration (with --cloud aws)
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) profile: Option<String>,

    /// No colours (nor with NO_COLOR set, nor when not on a terminal)
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What to do; without one: plan, apply, plan again.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Show what would change; changes nothing
    Plan {
        /// Save the plan for `apply --plan FILE`
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Make the cloud as the program wants it
    Apply {
        /// Apply this saved plan, if it still fits
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
    },
    /// Delete everything that the stack has made
    Destroy,
    /// Show what somebody else changed or added
    Drift,
    /// Show the stack's outputs as they were when it was last applied
    Outputs {
        /// Only this one, its value alone
        name: Option<String>,
    },
    /// Draw the resources and what refers to what
    Graph {
        /// The language of the picture
        #[arg(long, value_enum, default_value_t = Picture::Mermaid)]
        format: Picture,
    },
    /// Take what others made over into state, as a resource that the program declares
    Import {
        /// The resource that it is to be
        #[arg(required_unless_present = "from_tfstate", requires = "physical")]
        id: Option<String>,
        /// What AWS knows it by: its name, its ARN, its id
        #[arg(conflicts_with = "from_tfstate")]
        physical: Option<String>,
        /// Take over everything that a Terraform state (format 4) has and the program declares
        #[arg(long, value_name = "FILE")]
        from_tfstate: Option<PathBuf>,
    },
    /// Look at what is recorded, or correct it
    #[command(subcommand)]
    State(StateVerb),
}

/// How a lost state is looked for.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(crate) struct RecoverArgs {
    /// Go by this lineage, where things of several are found
    #[arg(long, value_name = "LINEAGE")]
    pub(crate) lineage: Option<String>,
    /// Search this region too, besides those that the program names (may be repeated)
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Vec<String>,
    /// Rebuild a state that is there and can be read; it is moved aside
    #[arg(long)]
    pub(crate) set_aside: bool,
}

/// The language of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Picture {
    /// Mermaid, as GitHub shows it
    Mermaid,
    /// Graphviz
    Dot,
}

/// What to do with state.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum StateVerb {
    /// List everything that is recorded
    List,
    /// Show what is recorded of one resource
    Show {
        /// Its id, as `state list` shows it
        id: String,
    },
    /// Forget a resource: it stays in AWS
    Rm {
        /// Its id; with `#N` one of its incarnations
        id: String,
    },
    /// Make a lost or damaged state again, from the marks on what is in AWS
    Recover(RecoverArgs),
    /// Give a resource another id, without touching AWS
    Mv {
        /// The id it has
        from: String,
        /// The id it gets
        to: String,
    },
    /// Move the whole state to another place; whoever uses the old one is told where it went
    Migrate {
        /// The new place, as --state names it
        #[arg(long, value_name = "PLACE")]
        to: String,
    },
}

impl Verb {
    /// How it is written.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::Apply { .. } => "apply",
            Self::Destroy => "destroy",
            Self::Drift => "drift",
            Self::Outputs { .. } => "outputs",
            Self::Graph { .. } => "graph",
            Self::Import { .. } => "import",
            Self::State(_) => "state",
        }
    }
}

#[derive(clap::Parser)]
#[command(
    name = "bicoastal",
    about = "Plans and applies what this program declares. Without a verb: plan, apply, plan again.",
    subcommand_help_heading = "Verbs",
    subcommand_value_name = "VERB",
    disable_help_subcommand = true
)]
#[group(skip)]
struct CommandLine<A: Args> {
    #[command(flatten)]
    own: A,
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// A time as people write it: `90s`, `10m`, `1h`, `2d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is not a duration such as 90s, 10m or 1h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

/// A command line that was understood.
#[derive(Debug)]
pub(crate) struct Asked<A> {
    /// The program's own flags.
    pub(crate) own: A,
    /// The library's.
    pub(crate) flags: Flags,
    /// What to do.
    pub(crate) verb: Option<Verb>,
}

/// Parses a command line, whose first word is what the program was started as.
///
/// # Errors
///
/// What clap says, help included.
pub(crate) fn parse<A: Args>(
    args: impl IntoIterator<Item = OsString>,
) -> Result<Asked<A>, clap::Error> {
    let mut command = command::<A>();
    let mut matches = command.try_get_matches_from_mut(args)?;
    let asked = CommandLine::<A>::from_arg_matches_mut(&mut matches.clone())
        .map_err(|error| error.format(&mut command))?;
    meaningless(&matches, asked.verb.as_ref())
        .and_then(|()| asked.flags.check())
        .map_err(|message| command.error(clap::error::ErrorKind::ArgumentConflict, message))?;
    matches.remove_subcommand();
    Ok(Asked { own: asked.own, flags: asked.flags, verb: asked.verb })
}

/// The flags of the program itself work after the verb too, as ours do.
fn command<A: Args>() -> Command {
    CommandLine::<A>::command().mut_args(|arg| {
        if arg.is_positional() || arg.is_global_set() {
            arg
        } else {
            // clap forbids required global flags; that one is missing is then found when the
            // program's own struct is made.
            arg.required(false).global(true)
        }
    })
}

/// Refuses flags that mean nothing to a verb, rather than to let somebody believe in them.
fn meaningless(matches: &ArgMatches, verb: Option<&Verb>) -> Result<(), String> {
    let means: &[&str] = match verb {
        None => &["only", "replace", "unprotect", "without_unseen", "detailed_exitcode", "wait"],
        Some(Verb::Apply { plan: Some(_) }) => &["json", "detailed_exitcode", "wait"],
        Some(Verb::Plan { .. }) => {
            &["only", "replace", "unprotect", "without_unseen", "detailed_exitcode", "json"]
        }
        Some(Verb::Apply { plan: None }) => {
            &["only", "replace", "unprotect", "without_unseen", "detailed_exitcode", "json", "wait"]
        }
        Some(Verb::Destroy) => {
            &["only", "unprotect", "without_unseen", "detailed_exitcode", "json", "wait"]
        }
        Some(Verb::Drift) => &["only", "without_unseen", "detailed_exitcode", "json"],
        Some(Verb::Import { .. } | Verb::State(StateVerb::Recover(_))) => {
            &["json", "detailed_exitcode", "without_unseen", "wait"]
        }
        Some(Verb::Outputs { .. } | Verb::State(StateVerb::List | StateVerb::Show { .. })) => {
            &["json"]
        }
        Some(Verb::State(_)) => &["json", "wait"],
        Some(Verb::Graph { .. }) => &[],
    };
    let word = match verb {
        None => "a run without a verb".to_owned(),
        Some(Verb::Apply { plan: Some(_) }) => {
            "'apply --plan', which does what the plan says".to_owned()
        }
        Some(verb) => format!("'{}'", verb.word()),
    };
    for flag in
        ["only", "replace", "unprotect", "without_unseen", "detailed_exitcode", "json", "wait"]
    {
        if !means.contains(&flag) && given(matches, flag) {
            return Err(format!("--{} means nothing to {word}", flag.replace('_', "-")));
        }
    }
    Ok(())
}

fn given(matches: &ArgMatches, flag: &str) -> bool {
    matches.value_source(flag) == Some(ValueSource::CommandLine)
}

impl Flags {
    fn check(&self) -> Result<(), String> {
        if self.endpoint_url.is_some() && self.cloud == Some(CloudName::Local) {
            return Err("--endpoint-url is another cloud than --cloud local".into());
        }
        if self.local_dir.is_some() && !self.cloud().is_local() {
            return Err("--local-dir means nothing to another cloud than the local one".into());
        }
        if self.profile.is_some() && !matches!(self.cloud(), CloudChoice::Aws { .. }) {
            return Err("--profile is for --cloud aws".into());
        }
        Ok(())
    }

    /// The cloud that is asked for.
    pub(crate) fn cloud(&self) -> CloudChoice {
        match (&self.endpoint_url, self.cloud) {
            (Some(url), _) => CloudChoice::Endpoint { url: url.clone() },
            (None, Some(CloudName::Aws)) => CloudChoice::Aws { profile: self.profile.clone() },
            (None, Some(CloudName::Local) | None) => {
                let default = || Path::new(DEFAULT_DIR).join("local");
                CloudChoice::Local { dir: self.local_dir.clone().unwrap_or_else(default) }
            }
        }
    }

    /// Where state is kept, as `--state` names it.
    pub(crate) fn state_place(&self) -> String {
        match &self.state {
            Some(place) => place.clone(),
            None => format!("file:{}", self.state_dir().display()),
        }
    }

    /// Where state is kept. AWS has a directory of its own, so that a program which was tried on
    /// the local cloud can be pointed at AWS without its state being in the way.
    pub(crate) fn state_dir(&self) -> PathBuf {
        match (&self.state_dir, self.cloud()) {
            (Some(dir), _) => dir.clone(),
            (None, CloudChoice::Aws { .. }) => Path::new(DEFAULT_DIR).join("aws"),
            (None, CloudChoice::Local { .. } | CloudChoice::Endpoint { .. }) => DEFAULT_DIR.into(),
        }
    }
}
