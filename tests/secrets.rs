//! A secret reaches the AWS call that needs it, and nothing else: no plan, no state, no event, no
//! log, no error, whatever the call comes to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails here is a failed test"
)]

#[path = "common/leaks.rs"]
mod leaks;

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use bicoastal::local::faults::{Effect, Rule};
use bicoastal::local::{Cloud, seed};
use bicoastal::prelude::*;
use bicoastal::runtime::{Event, Observer};
use bicoastal::{
    Cancel, Desired, FileStore, PlanOptions, RecoverOptions, ResourceId, local_engine, picture,
    render,
};
use leaks::{Planted, repeated};
use proptest::prelude::*;

/// Everything that our own crates log, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn write(&self, fields: impl FnOnce(&mut Line<'_>)) {
        let mut text = self.0.lock().unwrap();
        fields(&mut Line(&mut text));
        text.push('\n');
    }
}

struct Line<'t>(&'t mut String);

impl tracing::field::Visit for Line<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        // The SDK's own trace of requests and answers has bodies in it; nobody here turns it on.
        metadata.target().starts_with("bicoastal")
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.write(|line| span.record(line));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        self.write(|line| values.record(line));
    }

    fn event(&self, event: &tracing::Event<'_>) {
        self.write(|line| event.record(line));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Everything that was shown, by what showed it.
#[derive(Default)]
struct Shown(Mutex<Vec<(String, String)>>);

impl Shown {
    fn see(&self, what: &str, text: impl Into<String>) {
        self.0.lock().unwrap().push((what.to_owned(), text.into()));
    }

    fn debug(&self, what: &str, value: &impl Debug) {
        self.see(what, format!("{value:?}\n{value:#?}"));
    }
}

impl Observer for Shown {
    fn event(&self, event: &Event) {
        self.debug("an event", event);
        if let Event::Trouble { error, .. } = event {
            self.see("an error", error.to_string());
        }
    }
}

fn program(password: &str) -> Desired {
    let mut stack = Stack::new("test");
    let mut here = stack.region(Region::UsEast1);
    let subnets: Vec<String> = seed::subnet_ids("us-east-1").to_vec();
    let group = here.add(
        "subnets",
        DbSubnetGroup::builder()
            .name("subnets")
            .subnet_ids(subnets.iter().map(String::as_str))
            .build(),
    );
    let cluster = DbCluster::builder()
        .identifier("app")
        .engine(Engine::AuroraPostgresql)
        .engine_version("16.8")
        .master_username("owner")
        .master_password(password)
        .subnet_group(group.name())
        .final_snapshot(bicoastal::aws::rds::FinalSnapshot::Skip);
    here.add("app", cluster.build());
    let front = LoadBalancer::builder()
        .name("front")
        .subnets(subnets.iter().take(2).map(String::as_str))
        .deletion_protection(false);
    let front = here.add("front", front.build());
    // Inside of a list, among what AWS shows.
    let provider = elbv2::AuthenticateOidc::builder()
        .issuer("https://idp.example.com")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/userinfo")
        .client_id("front")
        .client_secret(password);
    let https = Listener::builder()
        .load_balancer(front.arn())
        .port(443)
        .protocol(ListenerProtocol::Https)
        .certificate(seed::certificate_arn("000000000000", "us-east-1").as_str())
        .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
        .default_actions([
            ListenerAction::authenticate_oidc(provider.build()),
            ListenerAction::fixed_response(200, "welcome"),
        ]);
    here.add("https", https.build());
    stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A stack's life with a secret, from the first plan to the last, and what was shown of it.
struct Life {
    cloud: Cloud,
    dir: tempfile::TempDir,
    shown: Shown,
}

impl Life {
    fn new() -> Self {
        Self { cloud: Cloud::new(), dir: tempfile::tempdir().unwrap(), shown: Shown::default() }
    }

    async fn plan_and_apply(&self, password: &str, options: &PlanOptions, cancel: &Cancel) {
        let engine = local_engine(&self.cloud, FileStore::new(self.dir.path()));
        let desired = program(password);
        self.shown.debug("the program", &desired);
        self.shown.debug("the engine", &engine);
        self.shown.see("a picture", picture::mermaid(&desired) + &picture::dot(&desired));
        let plan = match engine.plan(&desired, options).await {
            Ok(plan) => plan,
            Err(error) => return self.error(&error),
        };
        self.shown.debug("a plan", &plan);
        self.shown.see("a plan", render::plain(&render::plan(&plan)));
        self.shown.see("a plan as JSON", render::plan_json(&plan).to_string());
        self.shown.see("a saved plan", serde_json::to_string(&plan).unwrap());
        match engine.apply(plan, &desired, options, &self.shown, cancel).await {
            Ok(report) => {
                self.shown.debug("a report", &report);
                self.shown.see("a report", render::plain(&render::report(&report)));
                self.shown.see("a report as JSON", render::report_json(&report).to_string());
            }
            Err(error) => self.error(&error),
        }
        let state = engine.state("test").await.unwrap();
        self.shown.debug("the state", &state);
        self.shown.see("the state as JSON", serde_json::to_string(&state).unwrap());
    }

    fn error(&self, error: &bicoastal::Error) {
        self.shown.debug("an error", error);
        self.shown.see("an error", error.to_string());
    }

    /// A life in which calls come to this; the last of it is not disturbed.
    async fn disturbed(&self, first: &str, second: &str, which: usize) {
        let (options, cancel) = (PlanOptions::default(), Cancel::new());
        // Only what was sent can be repeated.
        let strike = |secret: &str| {
            for operation in SENDS {
                if let Some(effect) = effects(secret).remove(which) {
                    self.cloud.faults().add(Rule::new(effect).operation(operation).times(2));
                }
            }
        };
        strike(first);
        self.plan_and_apply(first, &options, &cancel).await;
        self.cloud.faults().clear();
        self.plan_and_apply(first, &options, &cancel).await;
        strike(second);
        self.plan_and_apply(second, &options, &cancel).await;
        self.cloud.faults().clear();
        self.plan_and_apply(second, &options, &cancel).await;
    }

    /// State is lost and made again; somebody interrupts; everything is taken down.
    async fn the_rest(&self, password: &str) {
        for name in ["state.json", "journal.jsonl"] {
            let _ = std::fs::remove_file(self.dir.path().join("test").join(name));
        }
        let engine = local_engine(&self.cloud, FileStore::new(self.dir.path()));
        let desired = program(password);
        let found = engine.recover(&desired, &RecoverOptions::default()).await.unwrap();
        self.shown.debug("what was found", &found);
        let taken: Vec<String> = (found.rebuilt.claimed.iter())
            .flat_map(|it| it.secrets.iter().map(|path| format!("{} {path}", it.key.id)))
            .collect();
        assert_eq!(
            taken,
            ["us-east-1/app master_password", "us-east-1/https default_actions[0].client_secret",]
        );
        engine.keep(found).await.unwrap();
        let plan = engine.plan(&desired, &PlanOptions::default()).await.unwrap();
        assert!(plan.is_empty(), "{plan:?}");
        let stopped = Cancel::new();
        stopped.stop();
        self.plan_and_apply("another-one-2", &PlanOptions::default(), &stopped).await;
        let unprotect = ["us-east-1/app"].map(ResourceId::from).into();
        let options = PlanOptions { destroy: true, unprotect, ..PlanOptions::default() };
        self.plan_and_apply(password, &options, &Cancel::new()).await;
    }
}

/// The calls that have a password in them.
const SENDS: [&str; 4] = ["CreateDBCluster", "ModifyDBCluster", "CreateListener", "ModifyListener"];

/// What a call may come to. The words of AWS, and whatever stands between us and it, may repeat
/// what was sent.
fn effects(secret: &str) -> Vec<Option<Effect>> {
    let answer = |status, code: &str| {
        let message = format!("The value is {}", repeated(secret));
        Some(Effect::Answer { status, code: code.to_owned(), message })
    };
    vec![
        None,
        answer(400, "InvalidParameterValue"),
        answer(403, "AccessDenied"),
        answer(503, "ServiceUnavailable"),
        // A code that is words.
        Some(Effect::Answer { status: 400, code: secret.to_owned(), message: secret.to_owned() }),
        Some(Effect::LoseAnswer),
        Some(Effect::LoseRequest),
        Some(Effect::ServerErrorAfter(500)),
    ]
}

/// Passwords as RDS takes them: printable, without `/`, `@`, `"` and spaces.
fn password() -> impl Strategy<Value = Planted> {
    let odd = "[!#$%&'()*+,.:;<=>?\\\\^_`{|}~\\[\\]-]{0,12}";
    (odd, "[a-z0-9]{14}", odd)
        .prop_map(|(before, core, after)| Planted::new(&before, &format!("q{core}z"), &after))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn a_password_is_nowhere_but_in_the_call(first in password(), second in password()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let log = Log::default();
        let _logging = tracing::subscriber::set_default(log.clone());
        // While there is only one, a place that another test comes to first logs nothing.
        let _second = tracing::Dispatch::new(Log::default());
        for which in 0..effects("").len() {
            let life = Life::new();
            runtime.block_on(async {
                life.disturbed(&first.text, &second.text, which).await;
                life.the_rest(&second.text).await;
            });
            for planted in [&first, &second] {
                for (what, text) in life.shown.0.lock().unwrap().iter() {
                    planted.not_in(&format!("{what}, effect {which}"), text);
                }
                planted.not_below(life.dir.path());
            }
        }
        let logged = log.0.lock().unwrap();
        prop_assert!(logged.contains("operation") || logged.contains("what="), "{logged}");
        for planted in [&first, &second] {
            planted.not_in("the log", &logged);
        }
    }
}

/// Answers that can't be read, with the request repeated in them: by a proxy's error page, say.
#[test]
fn an_answer_that_makes_no_sense_may_repeat_the_request() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let planted = Planted::new("<&'", "q0123malformed", "%41+;");
    for (status, page) in [
        (200, "<html>{}</html>"),
        (200, "{}"),
        (200, "<CreateDBClusterResponse>{}"),
        (400, "<html>{}</html>"),
        (400, "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"),
        (502, "{}"),
    ] {
        let life = Life::new();
        let body = page.replace("{}", &repeated(&planted.text));
        let left = Mutex::new(3);
        life.cloud.on_answer(move |call, reply| {
            let mut left = left.lock().unwrap();
            if SENDS.contains(&call.operation.as_str()) && *left > 0 {
                *left -= 1;
                reply.status = status;
                reply.body = body.clone().into_bytes();
            }
        });
        runtime.block_on(async {
            for _ in 0..3 {
                let (options, cancel) = (PlanOptions::default(), Cancel::new());
                life.plan_and_apply(&planted.text, &options, &cancel).await;
            }
        });
        for (what, text) in life.shown.0.lock().unwrap().iter() {
            planted.not_in(&format!("{what}, {status} {page}"), text);
        }
        planted.not_below(life.dir.path());
    }
}

/// What is refused before anything is called is refused without being repeated.
#[test]
fn a_password_that_is_refused_is_not_repeated() {
    for (before, after) in [
        ("", ""),
        ("\"", "\""),
        ("/@ ", ""),
        ("\n", "\r\n\t"),
        ("pässwörd-✓-", "-💥"),
        ("", &"x".repeat(100_000)),
        ("{\"$secret\":\"", "\"}"),
        ("${", "}"),
    ] {
        let planted = Planted::new(before, "q01refused89z", after);
        let refused = std::panic::catch_unwind(|| program(&planted.text));
        let text = match refused {
            Ok(desired) => format!("{desired:?}{desired:#?}"),
            Err(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_default(),
        };
        planted.not_in("a refusal", &text);
    }
}

/// Whatever can hold a secret says nothing of it.
#[test]
fn nothing_that_holds_a_secret_shows_it() {
    let planted = Planted::new("", "q01shown56789z", "");
    let secret = Secret::new(planted.text.clone());
    let cluster = DbCluster::builder()
        .identifier("app")
        .engine(Engine::AuroraPostgresql)
        .master_password(planted.text.as_str())
        .final_snapshot(bicoastal::aws::rds::FinalSnapshot::Skip)
        .build();
    let handed = bicoastal::model::Goal::Present {
        wanted: serde_json::json!({
            "master_password": { "$secret": planted.text },
            "actions": [{ "client_secret": { "$secret": planted.text } }],
        }),
        applied: None,
    };
    for text in [
        format!("{secret} {secret:?} {secret:#?}"),
        format!("{cluster:?} {cluster:#?}"),
        serde_json::to_string(&cluster).unwrap(),
        serde_json::to_string(&secret).unwrap(),
        format!("{handed:?} {handed:#?}"),
        format!("{:?}", program(&planted.text).secrets),
    ] {
        planted.not_in("it", &text);
    }
}

/// The search itself finds what is there, in every form.
#[test]
fn a_secret_that_is_there_is_found() {
    let planted = Planted::new("<\"", "q01found567890z", "'\n✓");
    for form in repeated(&planted.text).split(", not ") {
        assert!(planted.is_in(form), "{form}");
    }
    for shift in ["", "a", "ab", "abc"] {
        let shifted = repeated(&format!("{shift}{}", planted.text));
        let base64 = shifted.rsplit_once("not ").unwrap().1.split(';').next().unwrap();
        assert!(planted.is_in(base64), "{base64}");
    }
    assert!(!planted.is_in("q01 found"));
}
