use std::sync::Arc;

use super::*;
use crate::value::{json, resolve};

/// Values of all sorts, odd ones among them.
fn all() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(1),
        json!(-1),
        json!(u64::MAX),
        json!(1.5),
        json!("text \" \\ \n é"),
        json!([]),
        json!({}),
        json!([null, [1, {"b": 1, "a": [{}]}]]),
        json!({"b": 1, "a": {"z": null, "y": "x"}, "$text": 3}),
        json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}),
        json!({"$ref": {"id": "zone", "attribute": "id"}}),
        json!({"list": [{"$ref": {"id": "zone", "attribute": "id"}}, {"$name": "a"}]}),
        // None of these is a reference and nothing besides.
        json!({"$ref": {"id": "zone"}}),
        json!({"$ref": {"id": "zone", "attribute": 1}}),
        json!({"$ref": {"id": "zone", "attribute": "id", "more": 1}}),
        json!({"$ref": {"id": "zone", "attribute": "id"}, "more": 1}),
        json!({"$ref": "zone"}),
        json!({"$secret": "hunter2"}),
        json!({"$text": ["a", {"$ref": {"id": "zone", "attribute": "id"}}, 1]}),
    ]
}

#[test]
fn what_is_packed_is_the_same_json() {
    for value in all() {
        let packed = Packed::from(&value);
        assert_eq!(packed.to_value(), value);
        let text = value.to_string();
        assert_eq!(serde_json::to_string(&packed).unwrap(), text);
        assert_eq!(packed.to_string(), text);
        assert_eq!(serde_json::from_str::<Packed>(&text).unwrap(), packed);
        assert_eq!(serde_json::from_value::<Packed>(value.clone()).unwrap(), packed);
        assert_eq!(packed, value);
        assert_eq!(packed.has_unknown(), value::has_unknown(&value), "{value}");
    }
    for (a, one) in all().iter().enumerate() {
        for (b, other) in all().iter().enumerate() {
            let (first, second) = (Packed::from(one), Packed::from(other));
            assert_eq!(first == second, a == b, "{one} {other}");
            assert_eq!(first == *other, a == b, "{one} {other}");
        }
    }
}

#[test]
fn a_reference_takes_no_objects() {
    let reference = json!({"$ref": {"id": "zone", "attribute": "id"}});
    let object = Packed::object([(
        REF.into(),
        Packed::object([("id".into(), "zone".into()), ("attribute".into(), "id".into())]),
    )]);
    assert!(matches!(Packed::from(&reference).0, Kept::Ref(_)));
    assert!(matches!(object.0, Kept::Ref(_)));
    assert_eq!(object, reference);
    assert_eq!(object.refs(), [&value::as_ref(&reference).unwrap()]);
}

#[test]
fn fields_are_found_however_many_there_are() {
    for count in [0, 1, 8, 9, 100] {
        let fields: Fields = (0..count).rev().map(|it| (it.to_string(), it.to_string())).collect();
        assert_eq!(fields.len(), count);
        for it in 0..count {
            assert_eq!(fields.get(&it.to_string()).unwrap(), it.to_string().as_str());
        }
        assert_eq!(fields.get("x"), None);
    }
    // Of two of one name the later one is meant, as in any JSON.
    let twice = r#"{"b":1,"a":1,"b":2}"#;
    let packed: Packed = serde_json::from_str(twice).unwrap();
    assert_eq!(packed, serde_json::from_str::<Value>(twice).unwrap());
}

#[test]
fn what_stays_is_shared() {
    let before = Packed::from(json!({
        "known": {"$ref": {"id": "a", "attribute": "x"}},
        "open": {"$ref": {"id": "b", "attribute": "x"}},
        "text": {"$text": ["v", {"$ref": {"id": "a", "attribute": "x"}}, 1]},
        "rest": {"deep": ["and", "wide"]},
    }));
    let mut known = |reference: &Ref| (reference.id.as_str() == "a").then(|| "1".into());
    let after = before.resolve(&mut known);
    let plain = resolve(&before.to_value(), &|it| (it.id.as_str() == "a").then(|| json!("1")));
    assert_eq!(after, plain);
    let rest = |of: &Packed| of["rest"].as_object().unwrap().0.clone();
    assert!(Arc::ptr_eq(&rest(&before), &rest(&after)));
    let same = before.resolve(&mut |_| None);
    assert!(Arc::ptr_eq(&before.as_object().unwrap().0, &same.as_object().unwrap().0));
    let shouted = after.rewrite(&mut |it| Some(it.as_str()?.to_uppercase().as_str().into()));
    assert_eq!(shouted["text"], "V11");
    assert_eq!(shouted["open"], before["open"]);
}

#[test]
fn single_fields_are_changed() {
    let props = Packed::from(json!({"a": {"b": 1, "c": 2}, "d": null}));
    for (path, left) in [
        ("a.b", json!({"a": {"c": 2}, "d": null})),
        ("a", json!({"d": null})),
        ("d.x", json!({"a": {"b": 1, "c": 2}, "d": null})),
        ("x.y", json!({"a": {"b": 1, "c": 2}, "d": null})),
    ] {
        assert_eq!(props.without(path), left, "{path}");
    }
    assert_eq!(
        props.with("d", true.into()).with("b", "x".into()).to_string(),
        r#"{"a":{"b":1,"c":2},"b":"x","d":true}"#
    );
    let mut edited = props;
    edited.edit(|it| it["a"]["b"] = json!([3]));
    assert_eq!(edited["a"]["b"], json!([3]));
    assert!(edited["not"]["there"].is_null());
}

#[test]
fn paths_lead_into_lists() {
    let props = Packed::from(json!({"rules": [{"key": "a"}, {"key": "b"}], "0": "named"}));
    for (path, there) in [
        ("rules.1.key", Some(json!("b"))),
        ("rules.0", Some(json!({"key": "a"}))),
        ("0", Some(json!("named"))),
        ("rules.2.key", None),
        ("rules.key", None),
        ("rules.0.key.x", None),
    ] {
        assert_eq!(props.at(path).map(Packed::to_value), there, "{path}");
    }
}
