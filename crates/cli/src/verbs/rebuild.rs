//! `state recover` and `import`: state made from what is there. AWS is only read.

use std::collections::BTreeMap;
use std::path::Path;

use bicoastal_engine::plan::Plan;
use bicoastal_engine::recover::terraform;
use bicoastal_engine::render::{self, Line, Style};
use bicoastal_model::{Desired, Region, ResourceId};
use bicoastal_runtime::{ImportOptions, Rebuilding, RecoverOptions};
use serde_json::{Value, json};

use super::plan::has_changes;
use crate::args::RecoverArgs;
use crate::console::{harmless, span};
use crate::failure::Failure;
use crate::session::{Cloud, Session};

/// What a verb says of what was found.
struct Words {
    found: &'static str,
    question: &'static str,
    /// Whether what was not found is worth a word.
    absent: bool,
}

const RECOVERY: Words = Words {
    found: "Found of the stack",
    question: "Record this as the stack's state? [y/N]",
    absent: true,
};

const IMPORT: Words = Words {
    found: "To be taken over into the stack",
    question: "Take this over into the stack's state? [y/N]",
    absent: false,
};

/// `state recover`.
pub(super) async fn recover(session: &Session<'_, '_>, args: &RecoverArgs) -> Result<u8, Failure> {
    let regions: Result<Vec<Region>, Failure> = args
        .region
        .iter()
        .map(|code| {
            code.parse().map_err(|_| {
                Failure::with_hint(
                    format!("'{code}' is not a region that is known here"),
                    "write its code, such as eu-west-1",
                )
            })
        })
        .collect();
    let options = RecoverOptions {
        lineage: args.lineage.clone(),
        regions: regions?,
        without_unseen: session.flags.without_unseen,
        set_aside: args.set_aside,
    };
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    let found = cloud.engine.recover(&desired, &options).await?;
    finish(session, &cloud, &desired, found, &RECOVERY).await
}

/// `import ID PHYSICAL`.
pub(super) async fn named(
    session: &Session<'_, '_>,
    id: &str,
    physical: &str,
) -> Result<u8, Failure> {
    let named = BTreeMap::from([(ResourceId::new(id), physical.to_owned())]);
    import(session, ImportOptions { named, terraform: Vec::new() }).await
}

/// `import --from-tfstate FILE`.
pub(super) async fn terraform(session: &Session<'_, '_>, file: &Path) -> Result<u8, Failure> {
    let refused = |why: String| Failure::new(format!("{} can't be read: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    let terraform = terraform::read(&text).map_err(refused)?;
    import(session, ImportOptions { named: BTreeMap::new(), terraform }).await
}

async fn import(session: &Session<'_, '_>, options: ImportOptions) -> Result<u8, Failure> {
    let desired = session.desired()?;
    let cloud = session.connect().await?;
    session.introduce(&cloud);
    let found = cloud.engine.import(&desired, options).await?;
    finish(session, &cloud, &desired, found, &IMPORT).await
}

/// Shows what was found and what follows from it, asks, and records it.
async fn finish(
    session: &Session<'_, '_>,
    cloud: &Cloud,
    desired: &Desired,
    found: Rebuilding,
    words: &Words,
) -> Result<u8, Failure> {
    let next = cloud.engine.plan_after(desired, &found, &session.options()).await;
    let next: Result<Plan, Failure> = next.map_err(Failure::from);
    let mut shown = json(&found, &next);
    if !session.flags.json {
        session.console.lines(&lines(&found, words));
    }
    let nothing = found.rebuilt.claimed.is_empty();
    if !session.flags.json && !nothing {
        follow(session, &next);
    }
    if nothing {
        if session.flags.json {
            session.console.json(&shown);
        }
        return Err(Failure::with_hint(
            "nothing was claimed, so nothing was recorded",
            "what was left says why",
        ));
    }
    if !session.flags.yes {
        if !session.can_ask() {
            if session.flags.json {
                session.console.json(&shown);
            }
            return Err(Failure::with_hint(
                "this changes the stack's state, and there is nobody to ask; nothing was recorded",
                "look at what was found, then run the same with --yes",
            ));
        }
        let answer = session.console.ask(words.question)?.unwrap_or_default().to_lowercase();
        if answer != "y" && answer != "yes" {
            session.console.diagnostic("Nothing was recorded.");
            return Ok(1);
        }
    }
    let aside = session.hearing(cloud.engine.keep(found)).await?;
    if session.flags.json {
        shown["recorded"] = json!(true);
        shown["set_aside"] = json!(aside);
        session.console.json(&shown);
    } else {
        let place = session.state_place();
        session.console.plain(format_args!("Recorded in {place}. AWS was not touched."));
        if let Some(aside) = aside {
            session.console.plain(format_args!("What was there before is in {aside}."));
        }
    }
    Ok(session.code(next.is_ok_and(|plan| has_changes(&plan))))
}

/// What the next plan is like.
fn follow(session: &Session<'_, '_>, next: &Result<Plan, Failure>) {
    match next {
        Ok(plan) if !has_changes(plan) && !plan.unseen.is_empty() => session
            .console
            .line(&[span(Style::Bold, "Of what can be seen, what is there is as declared.")]),
        Ok(plan) if !has_changes(plan) => session
            .console
            .line(&[span(Style::Bold, "The next plan is empty: what is there is as declared.")]),
        Ok(plan) => {
            session.console.line(&[span(Style::Bold, "The next plan, once this is recorded:")]);
            session.console.lines(&render::plan(plan));
        }
        Err(failure) => {
            session.console.line(&[span(Style::Warn, "The next plan would be refused:")]);
            session.console.plain(harmless(&failure.text()));
        }
    }
}

fn lines(found: &Rebuilding, words: &Words) -> Vec<Line> {
    let rebuilt = &found.rebuilt;
    let mut lines = Vec::new();
    let heading = |text: String| vec![span(Style::Bold, text)];
    lines.push(heading(format!(
        "{} '{}' (lineage {})",
        words.found, rebuilt.state.stack, rebuilt.state.lineage
    )));
    let rows: Vec<[String; 4]> = rebuilt
        .claimed
        .iter()
        .map(|it| {
            let id = match it.key.incarnation {
                1 => it.key.id.to_string(),
                _ => it.key.to_string(),
            };
            [id, it.kind.clone(), it.place.label(), it.physical.clone()]
        })
        .collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count()).max()
    };
    let [ids, kinds, places, physicals] = [0, 1, 2, 3].map(|column| width(column).unwrap_or(0));
    for ([id, kind, place, physical], it) in rows.iter().zip(&rebuilt.claimed) {
        let mut line = vec![
            span(Style::Plain, format!("  {id:ids$}  ")),
            span(Style::Dim, format!("{kind:kinds$}  ")),
            span(Style::Plain, format!("{place:places$}  {:physicals$}  ", harmless(physical))),
            span(Style::Dim, it.proof.words()),
        ];
        let mut marks = Vec::new();
        if it.superseded {
            marks.push("superseded: the next plan deletes it".to_owned());
        } else if !it.declared {
            marks.push("not declared: the next plan deletes it".to_owned());
        }
        if let Some(word) = &it.busy {
            marks.push(format!("AWS says {}", harmless(word)));
        }
        if !it.differs.is_empty() {
            marks.push(format!("differs in {}", it.differs.join(", ")));
        }
        if !marks.is_empty() {
            line.push(span(Style::Warn, format!("  ({})", marks.join("; "))));
        }
        lines.push(line);
    }
    if rebuilt.claimed.is_empty() {
        lines.push(vec![span(Style::Plain, "  nothing")]);
    }
    let secrets: Vec<String> = rebuilt
        .claimed
        .iter()
        .flat_map(|it| it.secrets.iter().map(move |path| format!("{}.{path}", it.key.id)))
        .collect();
    if !secrets.is_empty() {
        lines.push(Line::new());
        lines.push(heading(
            "Taken at the program's word, because AWS does not tell secrets".to_owned(),
        ));
        lines.push(vec![span(Style::Plain, format!("  {}", secrets.join(", ")))]);
    }
    if !rebuilt.left.is_empty() {
        lines.push(Line::new());
        lines.push(heading("Found and not claimed".to_owned()));
        for it in &rebuilt.left {
            let what = harmless(&format!("  {}  {}: ", it.what, it.physical));
            lines.push(vec![span(Style::Plain, what), span(Style::Warn, harmless(&it.why))]);
            if !it.hint.is_empty() {
                lines.push(vec![span(Style::Dim, format!("    hint: {}", harmless(&it.hint)))]);
            }
        }
    }
    if words.absent && !rebuilt.absent.is_empty() {
        let absent: Vec<&str> = rebuilt.absent.iter().map(ResourceId::as_str).collect();
        lines.push(Line::new());
        lines.push(heading("Declared, and not among it".to_owned()));
        lines.push(vec![span(Style::Plain, format!("  {}", absent.join(", ")))]);
    }
    let unread = rebuilt.unread.iter().map(|(id, error)| format!("  {id}: {error}"));
    let unread: Vec<String> =
        unread.chain(found.unanswered.iter().map(|error| format!("  {error}"))).collect();
    if !unread.is_empty() {
        lines.push(Line::new());
        lines.push(heading("Not answered: there may be more".to_owned()));
        lines.extend(unread.iter().map(|text| vec![span(Style::Warn, harmless(text))]));
    }
    lines.push(Line::new());
    lines
}

fn json(found: &Rebuilding, next: &Result<Plan, Failure>) -> Value {
    let rebuilt = &found.rebuilt;
    json!({
        "stack": rebuilt.state.stack,
        "lineage": rebuilt.state.lineage,
        "claimed": rebuilt.claimed,
        "left": rebuilt.left,
        "absent": rebuilt.absent,
        "unread": rebuilt.unread,
        "unanswered": found.unanswered,
        "next": match next {
            Ok(plan) => render::plan_json(plan),
            Err(failure) => failure.json(),
        },
        "recorded": false,
        "set_aside": Value::Null,
    })
}
