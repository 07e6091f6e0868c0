//! The verbs of a program: `plan`, `apply`, `destroy`, `drift`, `outputs`, `graph`, `state`.

use std::process::ExitCode;
use std::sync::Arc;

#[cfg(any(feature = "local", feature = "tls"))]
use bicoastal_aws::AwsProvider;
#[cfg(feature = "tls")]
use bicoastal_aws::Connection;
use bicoastal_cli::{CloudChoice, Clouds, Connected, NoArgs};
use bicoastal_model::provider::BoxFuture;
use bicoastal_model::{Region, Stack};
use bicoastal_runtime::{Clock, StateStore, SystemClock};
use bicoastal_stores::Place;

/// Runs a program that declares one stack: parses the command line, and plans, applies or shows
/// as it says. The stack is called `name` unless `--stack` says otherwise.
pub fn run(name: &str, declare: impl Fn(&mut Stack)) -> ExitCode {
    run_with::<NoArgs>(name, |stack, _| declare(stack))
}

/// The same for a program with flags of its own.
pub fn run_with<A: clap::Args>(name: &str, declare: impl Fn(&mut Stack, &A)) -> ExitCode {
    bicoastal_cli::run(name, &Compiled::default(), &declare)
}

/// The clouds that are compiled in.
#[derive(Debug, Default)]
struct Compiled {
    /// The embedded clouds that are open: state and resources may be in the same one.
    #[cfg(feature = "local")]
    open: std::sync::Mutex<std::collections::BTreeMap<std::path::PathBuf, bicoastal_local::Cloud>>,
}

impl Clouds for Compiled {
    fn connect<'a>(&'a self, choice: &'a CloudChoice) -> BoxFuture<'a, Result<Connected, String>> {
        Box::pin(async move {
            match choice {
                CloudChoice::Local { dir } => self.local(dir),
                CloudChoice::Aws { profile } => aws(profile.as_deref()).await,
                CloudChoice::Endpoint { url } => endpoint(url),
            }
        })
    }

    fn store<'a>(
        &'a self,
        choice: &'a CloudChoice,
        place: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn StateStore>, String>> {
        Box::pin(async move {
            let place: Place = place.parse()?;
            if !place.is_remote() {
                return bicoastal_stores::open(&place, None, Arc::new(SystemClock::new()));
            }
            let (connection, clock) = match choice {
                #[cfg(feature = "local")]
                CloudChoice::Local { dir } => {
                    let cloud = self.open(dir)?;
                    let connection = crate::local_connection(&cloud, "000000000000");
                    (connection, Arc::new(crate::LocalClock::new(&cloud)) as Arc<dyn Clock>)
                }
                #[cfg(feature = "tls")]
                CloudChoice::Aws { profile } => {
                    let connection = Connection::from_default_chain(profile.as_deref()).await;
                    (connection, Arc::new(SystemClock::new()) as Arc<dyn Clock>)
                }
                #[cfg(feature = "tls")]
                CloudChoice::Endpoint { url } => {
                    let (connection, clock) = behind(url);
                    let clock = clock.unwrap_or_else(|| Box::new(SystemClock::new()));
                    (connection, Arc::from(clock))
                }
                #[cfg(not(all(feature = "local", feature = "tls")))]
                _ => return Err(format!("{place} can't be reached without a cloud")),
            };
            bicoastal_stores::open(&place, Some(&connection), clock)
        })
    }
}

#[cfg(feature = "local")]
impl Compiled {
    fn open(&self, dir: &std::path::Path) -> Result<bicoastal_local::Cloud, String> {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(cloud) = open.get(dir) {
            return Ok(cloud.clone());
        }
        let cloud = bicoastal_local::Cloud::open(dir).map_err(|error| error.to_string())?;
        open.insert(dir.to_owned(), cloud.clone());
        Ok(cloud)
    }

    fn local(&self, dir: &std::path::Path) -> Result<Connected, String> {
        let cloud = self.open(dir)?;
        Ok(Connected {
            provider: Box::new(AwsProvider::new(crate::local_connection(&cloud, "000000000000"))),
            clock: Some(Box::new(crate::LocalClock::new(&cloud))),
            what: format!("the embedded local AWS in {}", dir.display()),
        })
    }
}

#[cfg(not(feature = "local"))]
impl Compiled {
    fn local(&self, _dir: &std::path::Path) -> Result<Connected, String> {
        Err("the local cloud is not compiled in\n  hint: enable the cargo feature 'local' of bicoastal, or use --cloud aws".into())
    }
}

#[cfg(feature = "tls")]
async fn aws(profile: Option<&str>) -> Result<Connected, String> {
    Ok(Connected {
        provider: Box::new(AwsProvider::new(Connection::from_default_chain(profile).await)),
        clock: None,
        what: match profile {
            Some(profile) => format!("AWS, profile {profile}"),
            None => "AWS, default credentials".to_owned(),
        },
    })
}

#[cfg(not(feature = "tls"))]
async fn aws(_profile: Option<&str>) -> Result<Connected, String> {
    Err("TLS is not compiled in\n  hint: enable the cargo feature 'tls' of bicoastal".into())
}

#[cfg(feature = "tls")]
fn endpoint(url: &str) -> Result<Connected, String> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(format!("'{url}' is not an endpoint URL\n  hint: write http://HOST:PORT"));
    }
    let (connection, clock) = behind(url);
    Ok(Connected {
        provider: Box::new(AwsProvider::new(connection)),
        clock,
        what: format!("the AWS endpoint {url}"),
    })
}

/// A local cloud that is served there lends its clock.
#[cfg(all(feature = "tls", feature = "local"))]
fn behind(url: &str) -> (Connection, Option<Box<dyn bicoastal_runtime::Clock>>) {
    let (connection, clock) = crate::clouds::EndpointClock::of(url);
    (connection, clock.map(|clock| Box::new(clock) as _))
}

#[cfg(all(feature = "tls", not(feature = "local")))]
fn behind(url: &str) -> (Connection, Option<Box<dyn bicoastal_runtime::Clock>>) {
    (Connection::emulator(url), None)
}

#[cfg(not(feature = "tls"))]
fn endpoint(_url: &str) -> Result<Connected, String> {
    Err("an HTTP client is not compiled in\n  hint: enable the cargo feature 'tls' of bicoastal"
        .into())
}

/// A flag's value for one region: `us-east-1=subnet-1,subnet-2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByRegion {
    region: Region,
    values: Vec<String>,
}

impl ByRegion {
    /// The values that were given for a region, else the default ones.
    pub fn pick(
        given: &[Self],
        region: Region,
        default: impl FnOnce() -> Vec<String>,
    ) -> Vec<String> {
        match given.iter().rev().find(|value| value.region == region) {
            Some(given) => given.values.clone(),
            None => default(),
        }
    }

    /// The one value that was given for a region, else the default one.
    pub fn one(given: &[Self], region: Region, default: impl FnOnce() -> String) -> String {
        Self::pick(given, region, || vec![default()]).into_iter().next().unwrap_or_default()
    }
}

impl std::str::FromStr for ByRegion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (region, values) = text
            .split_once('=')
            .ok_or("expected REGION=VALUE, e.g. us-east-1=subnet-1,subnet-2")?;
        let region: Region = region.parse().map_err(|error| format!("{error}"))?;
        let values: Vec<String> =
            values.split(',').filter(|value| !value.is_empty()).map(str::to_owned).collect();
        if values.is_empty() {
            return Err(format!("nothing is given for {region}"));
        }
        Ok(Self { region, values })
    }
}
