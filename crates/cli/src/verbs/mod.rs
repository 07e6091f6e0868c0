//! One file a verb.

mod apply;
mod destroy;
mod drift;
mod graph;
mod outputs;
mod plan;
mod rebuild;
mod state;
mod story;

use crate::args::Verb;
use crate::failure::Failure;
use crate::session::Session;

/// Does what was asked; the exit code.
///
/// # Errors
///
/// Whatever kept it from being done.
pub(crate) async fn run(session: &Session<'_, '_>, verb: Option<&Verb>) -> Result<u8, Failure> {
    match verb {
        None => story::run(session).await,
        Some(Verb::Plan { out }) => plan::run(session, out.as_deref()).await,
        Some(Verb::Apply { plan: None }) => apply::run(session).await,
        Some(Verb::Apply { plan: Some(file) }) => apply::saved(session, file).await,
        Some(Verb::Destroy) => destroy::run(session).await,
        Some(Verb::Drift) => drift::run(session).await,
        Some(Verb::Outputs { name }) => outputs::run(session, name.as_deref()).await,
        Some(Verb::Graph { format }) => graph::run(session, *format),
        Some(Verb::Import { from_tfstate: Some(file), .. }) => {
            rebuild::terraform(session, file).await
        }
        Some(Verb::Import { id, physical, .. }) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            rebuild::named(session, &text(id), &text(physical)).await
        }
        Some(Verb::State(verb)) => state::run(session, verb).await,
    }
}
