//! The smallest stack through the whole engine: apply, nothing to do, edit, unset, drift, rename,
//! destroy.

mod common;

use bicoastal::prelude::*;
use bicoastal::{PlanOptions, Stack};
use common::{World, changes, seal};
use expect_test::expect;

struct Wanted {
    description: Option<&'static str>,
    path: &'static str,
}

fn declare(stack: &mut Stack, wanted: &Wanted) {
    stack.tag("Project", "smoke");
    let reader = stack.global().add(
        "reader",
        Policy::builder()
            .name("reader")
            .document(PolicyDocument::new([Statement::builder()
                .action(["s3:GetObject"])
                .resource(["*"])
                .build()]))
            .build(),
    );
    let role = stack.global().add(
        "role",
        Role::builder()
            .name("smoke")
            .path(wanted.path)
            .maybe_description(wanted.description)
            .assume_role_policy(PolicyDocument::trust_service("s3.amazonaws.com"))
            .attach(reader.arn())
            .build(),
    );
    stack.export("role", role.arn());
}

const FIRST: Wanted = Wanted { description: Some("for tests"), path: "/" };

#[tokio::test]
async fn a_stack_lives_and_dies() {
    let world = World::new();
    let plan = world.plan(|stack| declare(stack, &FIRST)).await;
    expect![[r#"
        Create reader: name (edited), document (edited), tags.project (edited)
        Create role: name (edited), path (edited), assume_role_policy (edited), description (edited), attached_policies[${reader.arn}] (unknown), tags.project (edited)"#]].assert_eq(&changes(&plan).join("\n"));

    world.apply(|stack| declare(stack, &FIRST)).await;
    assert_eq!(changes(&world.plan(|stack| declare(stack, &FIRST)).await), Vec::<String>::new());

    let unset = Wanted { description: None, path: "/" };
    let plan = world.plan(|stack| declare(stack, &unset)).await;
    expect!["Update role: description (edited)"].assert_eq(&changes(&plan).join("\n"));
    world.apply(|stack| declare(stack, &unset)).await;
    assert_eq!(changes(&world.plan(|stack| declare(stack, &unset)).await), Vec::<String>::new());

    let moved = Wanted { description: None, path: "/other/" };
    let plan = world.plan(|stack| declare(stack, &moved)).await;
    expect!["ReplaceDeleteFirst role: path (edited)"].assert_eq(&changes(&plan).join("\n"));
    world.apply(|stack| declare(stack, &moved)).await;
    assert_eq!(changes(&world.plan(|stack| declare(stack, &moved)).await), Vec::<String>::new());

    let all = PlanOptions { destroy: true, ..PlanOptions::default() };
    world.apply_with(&seal(|stack| declare(stack, &moved)), &all).await;
    let state = world.engine.state("test").await.unwrap().unwrap();
    assert!(state.entries.is_empty(), "{:?}", state.entries);
    let plan = world.plan(|stack| declare(stack, &FIRST)).await;
    assert_eq!(plan.changes.len(), 2, "everything is to be made again");
}
