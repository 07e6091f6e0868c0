//! A sweep for what is left of a lost state: what an answer lacks is not taken for all there is.
//!
//! The law is that of [`answers`](crate::answers): a damaged answer makes a sweep say that something
//! did not answer, unless it is one that AWS could have given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bicoastal::model::{Provider as _, Sweep, Swept};
use bicoastal::{AwsProvider, PlanOptions, Region, local_connection};
use bicoastal_local::faults::garble;
use bicoastal_local::reply::Reply;

use crate::answers::{ITEMS, sayable};
use crate::change::quick;
use crate::common::World;
use crate::edited::Edit;
use crate::program;
use crate::stage::{Spoil, lasting};

/// What the cloud's hook sees and does.
#[derive(Default)]
struct Hook {
    spoil: Option<(Vec<u8>, Spoil)>,
    answered: Vec<(String, Vec<u8>)>,
}

struct Sweeping {
    _world: World,
    provider: AwsProvider,
    hook: Arc<Mutex<Hook>>,
    /// What there is.
    whole: BTreeSet<String>,
    answers: Vec<(String, Vec<u8>)>,
}

impl Sweeping {
    async fn new() -> Self {
        let world = quick();
        world.apply_with(&program::declared(Edit::None), &PlanOptions::default()).await;
        let provider = AwsProvider::new(local_connection(&world.cloud, "000000000000"));
        let hook: Arc<Mutex<Hook>> = Arc::default();
        let hooked = hook.clone();
        world.cloud.on_answer(move |call, reply: &mut Reply| {
            let hook = &mut *hooked.lock().unwrap();
            if call.mutating || reply.status != 200 {
                return;
            }
            match &hook.spoil {
                Some((of, spoil)) if *of == lasting(&reply.body) => reply.body = spoil(&reply.body),
                _ => {
                    let name = format!("{:?} {}", call.service, call.operation);
                    hook.answered.push((name, reply.body.clone()));
                }
            }
        });
        let (whole, answers) = (BTreeSet::new(), Vec::new());
        let mut sweeping = Self { _world: world, provider, hook, whole, answers };
        let swept = sweeping.sweep(None).await;
        assert!(swept.unanswered.is_empty(), "{:?}", swept.unanswered);
        sweeping.whole = found(&swept);
        let answered = std::mem::take(&mut sweeping.hook.lock().unwrap().answered);
        let mut known = BTreeSet::new();
        sweeping.answers = answered.into_iter().filter(|it| known.insert(lasting(&it.1))).collect();
        sweeping
    }

    async fn sweep(&self, spoil: Option<(Vec<u8>, Spoil)>) -> Swept {
        self.hook.lock().unwrap().spoil = spoil;
        let regions = vec![Region::UsEast1, Region::ApSouth1];
        let swept = self.provider.sweep(&Sweep { account: None, regions }).await;
        self.hook.lock().unwrap().spoil = None;
        swept
    }

    /// What is not said any more where this answer is spoilt, unless it is said that something did
    /// not answer.
    async fn lost(&self, answer: &[u8], spoil: Spoil) -> Vec<String> {
        let swept = self.sweep(Some((lasting(answer), spoil))).await;
        if swept.unanswered.is_empty() {
            self.whole.difference(&found(&swept)).cloned().collect()
        } else {
            Vec::new()
        }
    }
}

/// What was found, with the marks that say whose it is.
fn found(swept: &Swept) -> BTreeSet<String> {
    let all = swept.found.iter();
    all.map(|it| format!("{} {} {:?} {:?}", it.kind, it.physical, it.tags, it.token)).collect()
}

#[tokio::test]
async fn what_an_answer_lacks_is_not_swept_away() {
    let sweeping = Sweeping::new().await;
    let mut tried = BTreeSet::new();
    let mut lost = Vec::new();
    for (call, body) in &sweeping.answers {
        for name in garble::names(body) {
            // Elsewhere a bucket's name is no item.
            let is_item = call == "S3 ListBuckets" && name == "Bucket";
            if is_item || ITEMS.contains(&name.as_str()) || !tried.insert((call, name.clone())) {
                continue;
            }
            let lacks = name.clone();
            let spoil: Spoil = Box::new(move |body| garble::without(body, &lacks));
            let gone = sweeping.lost(body, spoil).await;
            lost.extend(gone.iter().map(|it| format!("{call} without {name}: {it}")));
        }
    }
    println!(
        "{} things, {} answers, {} lacks",
        sweeping.whole.len(),
        sweeping.answers.len(),
        tried.len()
    );
    assert!(sweeping.whole.len() > 20 && tried.len() > 50, "{:?}", sweeping.whole);
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[tokio::test]
async fn a_damaged_answer_sweeps_nothing_away() {
    let sweeping = Sweeping::new().await;
    let mut lost = Vec::new();
    // One answer of each call.
    let some: BTreeMap<&String, &Vec<u8>> =
        sweeping.answers.iter().map(|(call, body)| (call, body)).collect();
    for (call, body) in some {
        for seed in 0..garble::WAYS {
            let gone = sweeping.lost(body, Box::new(move |body| garble::damaged(body, seed))).await;
            if !gone.is_empty() && !sayable(body, &garble::damaged(body, seed)) {
                lost.push(format!("{call}, seed {seed}: {}", gone.join(", ")));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}
