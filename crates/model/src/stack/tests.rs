#![allow(dead_code, unreachable_pub, reason = "the macro under test makes public types")]

use expect_test::{Expect, expect};
use serde::{Deserialize, Serialize};

use super::*;
use crate::diagnostic::Diagnostics;
use crate::input::Input;
use crate::provider::Catalog;
use crate::schema::{Field, OutputSpec};
use crate::{Secret, handle, text};

static TOPIC: Schema = Schema {
    kind: "Test:Topic",
    feature: "test",
    fields: &[Field::new("name").replaces(), Field::new("peer"), Field::new("key"), Field::tags()],
    outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
    identity: &["name"],
    ..Schema::BASE
};

static COPIES: Schema = Schema {
    kind: "Test:Copies",
    scope: ScopeKind::Spanning,
    fields: &[Field::regions()],
    protected: true,
    ..Schema::BASE
};

#[derive(Serialize, Deserialize)]
struct Topic {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<Input<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Inner>,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    secret: Secret,
}

#[derive(Serialize, Deserialize)]
struct Copies {}

#[derive(Serialize)]
struct Named(Input<String>);

handle! {
    /// A topic.
    pub struct TopicHandle {
        /// Its ARN.
        arn: String,
        /// Its name.
        name: String,
        /// An output that the schema does not have.
        nonsense: String,
    }
}

handle! {
    /// Copies.
    pub struct CopiesHandle {
        /// Unused.
        name: String,
    }
}

impl Resource for Topic {
    type Scope = Global;
    type Handle = TopicHandle;
    const SCHEMA: &'static Schema = &TOPIC;

    fn check(&self, check: &mut Check) {
        check.ensure(self.name.len() <= 8, "name is longer than 8 characters");
        if self.name.contains('_') {
            check.warning("underscores look odd");
        }
    }
}

impl Resource for Copies {
    type Scope = Spanning;
    type Handle = CopiesHandle;
    const SCHEMA: &'static Schema = &COPIES;
}

impl Lookup for Named {
    type Of = Topic;
}

fn topic(name: &str) -> Topic {
    Topic { name: name.to_owned(), peer: None, key: None }
}

fn with_peer(name: &str, peer: impl Into<Input<String>>) -> Topic {
    Topic { peer: Some(peer.into()), ..topic(name) }
}

/// Lines are counted from the first one that is named.
fn check(declare: impl FnOnce(&mut Stack), expected: Expect) {
    let mut stack = Stack::new("test");
    declare(&mut stack);
    let found = match stack.seal() {
        Ok(desired) => Diagnostics(desired.warnings),
        Err(found) => found,
    };
    let lines = found.0.iter().filter_map(|it| it.at.as_ref()).map(|it| it.line);
    let first = lines.min().unwrap_or(0);
    let mut out = String::new();
    for mut diagnostic in found.0 {
        if let Some(at) = &mut diagnostic.at {
            at.line -= first;
            at.file = at.file.rsplit('/').next().unwrap().into();
        }
        out += &format!("{diagnostic}\n");
    }
    // Where the first of two is declared is in the text.
    let mut words: Vec<String> = out.split_inclusive([' ', '\n']).map(str::to_owned).collect();
    for word in &mut words {
        if let Some((_, line)) = word.trim_end().rsplit_once("stack/tests.rs:") {
            *word = format!("line +{}\n", line.parse::<u32>().unwrap() - first);
        }
    }
    expected.assert_eq(&words.concat());
}

#[test]
fn every_mistake_is_reported_at_once_with_its_line() {
    let mut other = Stack::new("other");
    let foreign = other.global().add("foreign", topic("foreign"));
    check(
        |stack| {
            let a = stack.global().add("a", topic("far-too-long"));
            stack.global().add("a", topic("again"));
            stack.global().add("b", with_peer("b", foreign.arn()));
            stack.global().add("c", with_peer("c", text!("x-{}", a.nonsense())));
            stack.global().add("has space", topic("d"));
            stack.ignore_changes(&a, &["tags.Team", "nothing"]);
            stack.global().lookup("found", Named(a.name().into()));
            stack.across(&ActiveRegions::new(Region::UsEast1, Region::UsEast1)).add("e", Copies {});
            stack.after(&a, &foreign);
            stack.export("far", foreign.arn());
            stack.error("the program says no");
        },
        expect![[r#"
            error: a: name is longer than 8 characters
              declared at tests.rs:0
            error: 'has space' is not a usable name: it is empty or has spaces
              declared at tests.rs:4
            error: active regions name us-east-1 twice
              declared at tests.rs:7
              hint: name two different regions
            error: the program says no
              declared at tests.rs:10
            error: a: declared twice, first at line +0
              declared at tests.rs:1
              hint: give one of them another name
            error: a: comes after foreign, which is not declared here
              declared at tests.rs:0
              hint: handles belong to the stack that made them
            error: a: ignores changes of 'nothing', and Test:Topic has no such field
              declared at tests.rs:0
            error: b: refers to foreign, which is not declared here
              declared at tests.rs:2
              hint: handles belong to the stack that made them
            error: c: refers to a.nonsense, and Test:Topic has no such output
              declared at tests.rs:3
            error: found: is looked up by something that is not known before the plan
              declared at tests.rs:6
              hint: look it up by a name that the program knows
            error: export 'far' refers to foreign, which is not declared
        "#]],
    );
}

#[test]
fn warnings_do_not_stop_a_plan() {
    check(
        |stack| {
            stack.global().add("a", topic("a_b"));
        },
        expect![[r#"
            warning: a: underscores look odd
              declared at tests.rs:0
        "#]],
    );
}

#[test]
fn what_is_sealed_is_what_was_declared() {
    let mut stack = Stack::new("test");
    stack.tag("Team", "x").tag("Stage", "one");
    let a = stack.global().add("a", topic("a"));
    let secret = Topic {
        key: Some(Inner { secret: "hunter2".into() }),
        ..with_peer("b", text!("{}/*", a.arn()))
    };
    let b = stack.global().add("b", secret);
    let regions = ActiveRegions::new(Region::UsEast1, Region::ApSouth1);
    let copies = stack.across(&regions).add("copies", Copies {});
    let dns = stack.account("dns").global().add("a", topic("a"));
    let found = stack.global().lookup("found", Named("f".into()));
    stack.after(&dns, &b).protect(&a).unprotect(&copies).renamed(&b, "former").adopt(&a, "arn:a");
    stack.export("peer", found.arn());
    let network = stack.outputs_of("network").get::<String>("vpc");
    stack.export("vpc", &network);
    let desired = stack.seal().unwrap();
    let shown: String = desired
        .resources
        .values()
        .map(|it| {
            format!(
                "{} in {}: {} after {:?}{}{}\n",
                it.id,
                it.place.label(),
                it.props,
                it.edges().iter().map(ResourceId::as_str).collect::<Vec<_>>(),
                if it.protected { ", protected" } else { "" },
                if it.lookup { ", looked up" } else { "" },
            )
        })
        .collect();
    expect![[r#"
        a in global: {"name":"a","tags":{"Stage":"one","Team":"x"}} after [], protected
        b in global: {"key":{"secret":{"$secret":"key.secret"}},"name":"b","peer":{"$text":[{"$ref":{"attribute":"arn","id":"a"}},"/*"]},"tags":{"Stage":"one","Team":"x"}} after ["a"]
        copies in ap-south-1+us-east-1: {"regions":["ap-south-1","us-east-1"]} after []
        dns:a in global: {"name":"a","tags":{"Stage":"one","Team":"x"}} after ["b"]
        found in global: "f" after [], looked up
    "#]].assert_eq(&shown);
    assert_eq!(desired.other_stacks(), BTreeSet::from(["network".to_owned()]));
    let slot = (ResourceId::new("b"), "key.secret".to_owned());
    assert_eq!(desired.secrets.get(&slot).map(Clear::expose), Some("hunter2"));
    assert!(!format!("{desired:?}").contains("hunter2"));
}

/// What sealing found out about the order holds for as long as what it was found in.
#[test]
fn what_is_edited_after_sealing_comes_after_what_it_refers_to_now() {
    let mut stack = Stack::new("s");
    let a = stack.global().add("a", topic("a"));
    let b = stack.global().add("b", with_peer("b", a.arn()));
    let c = stack.global().add("c", with_peer("c", a.arn()));
    stack.after(&c, &b);
    let mut desired = stack.seal().unwrap();
    let after = |desired: &Desired, id: &str| {
        let edges = desired.resources[&ResourceId::new(id)].edges();
        edges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!([after(&desired, "b"), after(&desired, "c")], ["a", "a b"]);
    let edit = |desired: &mut Desired, edit: fn(&mut Declared)| {
        edit(desired.resources.get_mut(&ResourceId::new("c")).unwrap());
        after(desired, "c")
    };
    let peer =
        |id: &str| json!({ "name": "c", "peer": { "$ref": { "id": id, "attribute": "arn" } } });
    assert_eq!(edit(&mut desired, |it| it.after = ["d".into()].into()), "a d");
    assert_eq!(edit(&mut desired, |it| it.after.clear()), "a");
    desired.resources.get_mut(&ResourceId::new("c")).unwrap().props = peer("e").into();
    assert_eq!(after(&desired, "c"), "e");
    assert_eq!(edit(&mut desired, |it| it.props.set("peer", "f")), "");
    // Ids are those that are declared, whoever made the ones that are referred to.
    let edges = desired.resources[&ResourceId::new("b")].edges();
    let declared = desired.resources.keys().next().unwrap().as_str().as_ptr();
    assert!(edges.iter().all(|id| std::ptr::eq(id.as_str().as_ptr(), declared)));
}

#[test]
fn kinds_that_are_not_compiled_in_are_named_with_their_feature() {
    let found = missing_kinds(["Test:Topic", "SQS:Queue", "SQS:Queue"], &Catalog::new([&TOPIC]));
    let shown: String = found.iter().map(|it| format!("{it}\n")).collect();
    expect![[r#"
        error: the state has SQS:Queue, which this program can't handle
          hint: enable the cargo feature 'sqs' of bicoastal
    "#]]
    .assert_eq(&shown);
}
