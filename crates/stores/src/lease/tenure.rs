//! A lease on a stack in one or two places: taken, renewed, lost.
//!
//! Nobody's clock is compared with anybody else's to end a lease early: who wants a lease that is
//! held watches it, and takes it when it was not renewed for as long as it lasts and [`GRACE`]
//! more, by the taker's own clock. (Only a lease that is over for [`SKEW`] by its own date is
//! taken at once.) Its former holder counts from before its last renewal, on a clock that goes on
//! while the machine is suspended, so it has stopped earlier than that, whatever the clocks show.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bicoastal_model::provider::{BoxFuture, Gate};
use bicoastal_runtime::lease::{GRACE, LENGTH, millis};
use bicoastal_runtime::{Ask, Clock, LeaseNote, StoreError};

use crate::layout;
use crate::objects::{Put, put};
use crate::side::Side;
use crate::store::ObjectStore;

/// Longer than any version's leases last.
const LONGEST: Duration = Duration::from_secs(3_600);

/// How often a lease that somebody else holds is looked at.
const POLL: Duration = Duration::from_secs(3);

/// How wrong the clocks of two hosts may be before a date of one means nothing to the other.
const SKEW: Duration = Duration::from_secs(600);

/// Until when the holder may act.
#[derive(Debug)]
pub(super) struct Terms {
    stack: String,
    clock: Arc<dyn Clock>,
    /// By the holder's own clock.
    until_ms: AtomicU64,
    lost: Mutex<Option<StoreError>>,
}

impl Terms {
    /// What keeps it from writing anything, if something does.
    pub(super) fn lost(&self) -> Option<StoreError> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn lose(&self, error: &StoreError) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.get_or_insert_with(|| error.clone());
    }

    fn left(&self, time: Duration) -> Option<u64> {
        let until = self.until_ms.load(Ordering::Acquire);
        until.checked_sub(self.clock.now_ms().saturating_add(millis(time)))
    }

    /// Whether it lasts so long without a renewal.
    pub(super) fn lasts(&self, time: Duration) -> bool {
        self.left(time).is_some()
    }
}

impl Gate for Terms {
    fn look(&self) -> BoxFuture<'_, Result<(), String>> {
        self.clock.look()
    }

    fn pass(&self, time: Duration) -> Result<(), String> {
        if let Some(lost) = self.lost() {
            return Err(lost.to_string());
        }
        if self.lasts(time) {
            return Ok(());
        }
        Err(format!(
            "the lease of the stack '{}' was not renewed in time, so another run may have taken over; the call was not made",
            self.stack
        ))
    }
}

/// A lease that is held, in every place that is written.
#[derive(Debug)]
pub(super) struct Tenure {
    pub(super) terms: Arc<Terms>,
    store: ObjectStore,
    stack: String,
    /// As it is written down, with the version in each place.
    written: tokio::sync::Mutex<(LeaseNote, Vec<String>)>,
    first: LeaseNote,
    /// The one before did not give up: its holder may not know yet.
    pub(super) taken_over: bool,
}

/// What is in a place where a lease would be.
type Found = Option<(LeaseNote, String)>;

async fn look(store: &ObjectStore, side: &Side, stack: &str) -> Result<Found, StoreError> {
    let key = layout::lease_key(stack);
    let found = side.0.get(&key).await.map_err(|error| store.failed(side, "read", &error))?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some((open(&found.bytes, &side.name(&key))?, found.version)))
}

fn open(bytes: &[u8], place: &str) -> Result<LeaseNote, StoreError> {
    let (note, _) = layout::unseal::<LeaseNote>(bytes, place)?;
    if note.length_ms > millis(LONGEST) {
        // It would be waited for.
        return Err(layout::damaged(place, "it lasts longer than any lease"));
    }
    Ok(note)
}

/// Takes the lease of a stack in these places, or says who holds it.
pub(super) async fn take(
    store: &ObjectStore,
    stack: &str,
    ask: &Ask,
) -> Result<Tenure, StoreError> {
    let (sides, clock) = (&store.sides, &store.clock);
    let mut begun_ms = None;
    // Who was found first, and when it was last seen to renew.
    let mut watched: Option<(LeaseNote, u64)> = None;
    let mut alive = false;
    loop {
        let mut found = Vec::with_capacity(sides.len());
        for side in sides {
            found.push(look(store, side, stack).await?);
        }
        let now_ms = clock.now_ms();
        let begun_ms = *begun_ms.get_or_insert(now_ms);
        let holder = found.iter().flatten().map(|(note, _)| note).find(|note| !note.released);
        let Some(holder) = holder.cloned() else {
            if let Some(tenure) = try_take(store, stack, ask, &found).await? {
                return Ok(tenure);
            }
            continue;
        };
        match &mut watched {
            None => {
                if let Some(told) = &ask.told {
                    told(&holder);
                }
                watched = Some((holder.clone(), now_ms));
            }
            // Somebody else, or the same one at work.
            Some((last, since)) if *last != holder => {
                alive = true;
                (*last, *since) = (holder.clone(), now_ms);
            }
            Some(_) => {}
        }
        let since = watched.as_ref().map_or(now_ms, |(_, since)| *since);
        let ends_ms = since.saturating_add(holder.length_ms).saturating_add(millis(GRACE));
        let silent = now_ms >= ends_ms;
        let long_over = holder
            .expires_at_ms
            .is_some_and(|expiry| clock.unix_ms() > expiry.saturating_add(millis(GRACE + SKEW)));
        if silent || long_over {
            if let Some(tenure) = try_take(store, stack, ask, &found).await? {
                return Ok(tenure);
            }
            continue;
        }
        if alive && now_ms >= begun_ms.saturating_add(millis(ask.wait)) {
            return Err(holder.held(stack));
        }
        ask.pause(&**clock, stack, POLL).await?;
    }
}

/// Takes it from what was found; `None` where somebody else was faster.
async fn try_take(
    store: &ObjectStore,
    stack: &str,
    ask: &Ask,
    found: &[Found],
) -> Result<Option<Tenure>, StoreError> {
    let (sides, clock) = (&store.sides, &store.clock);
    let before = found.iter().flatten().map(|(note, _)| note.token).max().unwrap_or(0);
    let taken_over = found.iter().flatten().any(|(note, _)| !note.released);
    // Counted from before the first write: the lease is never believed to last longer than it does.
    let from_ms = clock.now_ms();
    let note = LeaseNote::take(&ask.purpose, before, clock.unix_ms(), Some(LENGTH))?;
    let bytes = layout::seal(&note);
    let mut versions = Vec::with_capacity(sides.len());
    let mut refused = None;
    for (side, found) in sides.iter().zip(found) {
        let version = found.as_ref().map(|(_, version)| version.as_str());
        match put(&*side.0, &layout::lease_key(stack), &bytes, version).await {
            Ok(Put::Done(version)) => versions.push(version),
            Ok(Put::Taken(_)) => {
                refused = Some(Ok(None));
                break;
            }
            Err(error) => {
                refused = Some(Err(store.failed(side, "take the lease in", &error)));
                break;
            }
        }
    }
    let terms = Arc::new(Terms {
        stack: stack.to_owned(),
        clock: Arc::clone(clock),
        until_ms: AtomicU64::new(from_ms + millis(LENGTH)),
        lost: Mutex::default(),
    });
    let tenure = Tenure {
        terms,
        store: store.clone(),
        stack: stack.to_owned(),
        first: note.clone(),
        written: tokio::sync::Mutex::new((note, versions)),
        taken_over,
    };
    match refused {
        None => Ok(Some(tenure)),
        Some(refused) => {
            tenure.release().await;
            refused
        }
    }
}

impl Tenure {
    /// As it was taken: what says whose a slot is.
    pub(super) fn note(&self) -> &LeaseNote {
        &self.first
    }

    /// Renews it in every place.
    pub(super) async fn renew(&self) -> Result<(), StoreError> {
        if let Some(lost) = self.terms.lost() {
            return Err(lost);
        }
        let from_ms = self.terms.clock.now_ms();
        let mut written = self.written.lock().await;
        let note = written.0.renewed(self.terms.clock.unix_ms());
        let bytes = layout::seal(&note);
        let key = layout::lease_key(&self.stack);
        let (before, versions) = &mut *written;
        for (side, version) in self.store.sides.iter().zip(versions.iter_mut()) {
            let mut tries = 0;
            loop {
                match put(&*side.0, &key, &bytes, Some(version)).await {
                    Ok(Put::Done(now)) => *version = now,
                    Ok(Put::Taken(Some(found))) => {
                        let now = open(&found.bytes, &side.name(&key))?;
                        if now.same_holder(before) && !now.released && tries == 0 {
                            // An earlier renewal whose answer was lost.
                            tries += 1;
                            *version = found.version;
                            continue;
                        }
                        return Err(self.lost_to(&now));
                    }
                    Ok(Put::Taken(None)) => return Err(self.gone(side)),
                    Err(error) => {
                        return Err(self.store.failed(side, "renew the lease in", &error));
                    }
                }
                break;
            }
        }
        *before = note;
        let until_ms = from_ms + before.length_ms;
        self.terms.until_ms.store(until_ms, Ordering::Release);
        Ok(())
    }

    fn lost_to(&self, note: &LeaseNote) -> StoreError {
        let error = note.lost(&self.stack);
        self.terms.lose(&error);
        error
    }

    fn gone(&self, side: &Side) -> StoreError {
        let error = StoreError::Lost(format!(
            "the lease of the stack '{}' was deleted from {}; this run has stopped: it records nothing and calls nothing any more\n  hint: plan again to see how things stand",
            self.stack,
            side.place()
        ));
        self.terms.lose(&error);
        error
    }

    /// Somebody else wrote where only the holder may: says who it is.
    pub(super) async fn shut_out(&self, side: &Side) -> StoreError {
        if let Some(lost) = self.terms.lost() {
            return lost;
        }
        match look(&self.store, side, &self.stack).await {
            Ok(Some((note, _))) if !note.same_holder(&self.first) => self.lost_to(&note),
            Ok(Some(_)) => {
                let error = StoreError::Damaged(format!(
                    "something was written to the state of '{}' in {} by a run that has no lease; nothing more is written\n  hint: find out who writes there, then plan again",
                    self.stack,
                    side.place()
                ));
                self.terms.lose(&error);
                error
            }
            Ok(None) => self.gone(side),
            Err(error) => error,
        }
    }

    /// Gives it up. What can't be given up ends by itself.
    pub(super) async fn release(&self) {
        if self.terms.lost().is_some() {
            return;
        }
        let written = self.written.lock().await;
        let bytes = layout::seal(&written.0.released());
        let key = layout::lease_key(&self.stack);
        for (side, version) in self.store.sides.iter().zip(&written.1) {
            if let Ok(Put::Taken(Some(found))) = put(&*side.0, &key, &bytes, Some(version)).await {
                // A renewal that was given up in the middle may have been written all the same.
                let ours = open(&found.bytes, &key).is_ok_and(|now| now.same_holder(&written.0));
                if ours {
                    let _ = put(&*side.0, &key, &bytes, Some(&found.version)).await;
                }
            }
        }
        // Nothing may be done under it from now on.
        self.terms.until_ms.store(0, Ordering::Release);
    }
}
