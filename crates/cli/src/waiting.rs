//! Another run holds the stack: whoever waits for it is told who that is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bicoastal_runtime::lease::Told;
use bicoastal_runtime::{Ask, LeaseNote};
use tokio::sync::{Mutex, mpsc};

/// Hears from the engine who is waited for.
#[derive(Debug)]
pub(crate) struct Waiting {
    stack: String,
    /// How long a holder that is at work is waited for.
    pub(crate) time: Duration,
    waited: Arc<AtomicBool>,
    sender: mpsc::UnboundedSender<LeaseNote>,
    heard: Mutex<mpsc::UnboundedReceiver<LeaseNote>>,
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
        Arc::new(move |note| {
            waited.store(true, Ordering::Relaxed);
            // Nobody listens any more: the run is over.
            let _ = sender.send(note.clone());
        })
    }

    /// A lease for this purpose.
    pub(crate) fn ask(&self, purpose: &str) -> Ask {
        Ask { wait: self.time, told: Some(self.told()), ..Ask::new(purpose) }
    }

    /// In words, whenever there is somebody to wait for.
    pub(crate) async fn next(&self) -> String {
        match self.heard.lock().await.recv().await {
            Some(note) => {
                let then = if self.time.is_zero() {
                    "Looking whether it is still at work"
                } else {
                    "Waiting until it is done"
                };
                format!("Another run is changing the stack '{}': {note}.\n{then} …", self.stack)
            }
            // The sender is here: this does not come.
            None => std::future::pending().await,
        }
    }
}
