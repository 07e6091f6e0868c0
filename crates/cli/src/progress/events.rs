//! Events as JSON, one a line.

use bicoastal_runtime::Event;
use serde_json::{Value, json};

use super::board::Board;

/// An event; what its operation is, is read from the board as it was before the event.
pub(super) fn json(event: &Event, board: &Board, now_ms: u64) -> Value {
    let of = |name: &str, op: usize| {
        json!({
            "event": name,
            "op": op,
            "ids": board.ids(op),
            "at_seconds": seconds(board.elapsed_ms(now_ms)),
        })
    };
    let with = |mut value: Value, fields: Value| {
        if let (Some(value), Value::Object(fields)) = (value.as_object_mut(), fields) {
            value.extend(fields);
        }
        value
    };
    match event {
        Event::Started { op, what } => with(of("started", *op), json!({ "what": what })),
        Event::Called { op, call } => with(of("called", *op), json!({ "call": call })),
        Event::Waiting { op, what } => with(of("waiting", *op), json!({ "for": what })),
        Event::Trouble { op, error } => with(
            of("trouble", *op),
            json!({
                "message": error.to_string(),
                "error": error.facts(),
            }),
        ),
        Event::Ended { op, done } => with(
            of("ended", *op),
            json!({ "done": done, "seconds": seconds(board.since(*op, now_ms)) }),
        ),
        _ => json!({ "event": "other" }),
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}
