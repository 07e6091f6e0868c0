//! What the engine waits for, in words: another run that holds the stack, and what AWS may not show yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bicoastal_model::ResourceId;
use bicoastal_runtime::lease::Told;
use bicoastal_runtime::{Ask, Early};
use tokio::sync::{Mutex, mpsc};

/// How many of the things that are looked at again are named.
const NAMED: usize = 3;

/// Hears from the engine who or what is waited for.
#[derive(Debug)]
pub(crate) struct Waiting {
    stack: String,
    /// How long a holder that is at work is waited for.
    pub(crate) time: Duration,
    waited: Arc<AtomicBool>,
    sender: mpsc::UnboundedSender<String>,
    heard: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Waiting {
    pub(crate) fn new(stack: &str, time: Duration) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let (stack, heard) = (stack.to_owned(), Mutex::new(heard));
        Self { stack, time, waited: Arc::default(), sender, heard }
    }

    /// Whether there was somebody to wait for since this was last asked: what was planned before
    /// may not fit any more.
    pub(crate) fn has_waited(&self) -> bool {
        self.waited.swap(false, Ordering::Relaxed)
    }

    /// What the engine tells.
    pub(crate) fn told(&self) -> Told {
        let (sender, waited) = (self.sender.clone(), Arc::clone(&self.waited));
        let (stack, then) = (
            self.stack.clone(),
            match self.time.is_zero() {
                true => "Looking whether it is still at work",
                false => "Waiting until it is done",
            },
        );
        Arc::new(move |note| {
            waited.store(true, Ordering::Relaxed);
            // Nobody listens any more: the run is over.
            let _ = sender
                .send(format!("Another run is changing the stack '{stack}': {note}.\n{then} …"));
        })
    }

    /// What the engine tells of things that a plan looks at again.
    pub(crate) fn early(&self) -> Early {
        let sender = self.sender.clone();
        Arc::new(move |ids| {
            let _ = sender.send(looks_again(ids));
        })
    }

    /// A lease for this purpose.
    pub(crate) fn ask(&self, purpose: &str) -> Ask {
        Ask { wait: self.time, told: Some(self.told()), ..Ask::new(purpose) }
    }

    /// In words, whenever there is somebody or something to wait for.
    pub(crate) async fn next(&self) -> String {
        match self.heard.lock().await.recv().await {
            Some(words) => words,
            // The sender is here: this does not come.
            None => std::future::pending().await,
        }
    }
}

fn looks_again(ids: &[ResourceId]) -> String {
    let named = ids.iter().take(NAMED).map(ResourceId::as_str).collect::<Vec<_>>().join(", ");
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "Not as the last run left it moments ago: {named}{more}. AWS may not show it yet.\nLooking again, for three minutes at most …"
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_is_looked_at_again_is_named() {
        let ids = ["zone", "alive", "us-east-1/front", "www", "mail"].map(ResourceId::from);
        let said = [&ids[..1], &ids[..3], &ids].map(looks_again);
        expect![[r#"
            Not as the last run left it moments ago: zone. AWS may not show it yet.
            Looking again, for three minutes at most …
            Not as the last run left it moments ago: zone, alive, us-east-1/front. AWS may not show it yet.
            Looking again, for three minutes at most …
            Not as the last run left it moments ago: zone, alive, us-east-1/front and 2 more. AWS may not show it yet.
            Looking again, for three minutes at most …"#]]
        .assert_eq(&said.join("\n"));
    }

    #[tokio::test]
    async fn both_are_heard() {
        let waiting = Waiting::new("shop", Duration::ZERO);
        waiting.early()(&[ResourceId::from("zone")]);
        assert!(waiting.next().await.starts_with("Not as the last run left it moments ago: zone."));
        assert!(!waiting.has_waited(), "the state is what it was");
    }
}
