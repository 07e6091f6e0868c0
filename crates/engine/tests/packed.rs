//! Packed properties are the same JSON, whatever is done to them.

use bicoastal_model::Packed;
use bicoastal_model::value::{self, Ref, Value, json};
use proptest::prelude::*;

/// Any JSON, markers and what only looks like one among it.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|it| json!(it)),
        any::<i64>().prop_map(|it| json!(it)),
        any::<u64>().prop_map(|it| json!(it)),
        (-1e9..1e9).prop_map(|it: f64| json!(it)),
        "[a-c\"\\\\é\n]{0,3}".prop_map(|it| json!(it)),
        ("[a-b]", "[x-y]").prop_map(|(id, attribute)| {
            Ref { id: id.as_str().into(), attribute: attribute.into() }.marker()
        }),
        Just(json!({"$ref": {"id": "a"}})),
        Just(json!({"$ref": "a"})),
    ];
    let name = prop_oneof!["[a-j]", "\\$(text|secret|name)", "id|attribute"];
    leaf.prop_recursive(4, 32, 10, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(name.clone(), inner, 0..10)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// What is known of `a`; nothing of `b`.
fn known(reference: &Ref) -> Option<Value> {
    (reference.id.as_str() == "a").then(|| json!([reference.attribute.as_str(), {"n": 1}]))
}

proptest! {
    #[test]
    fn packing_loses_nothing(value in any_value(), other in any_value()) {
        let packed = Packed::from(&value);
        let text = value.to_string();
        prop_assert_eq!(packed.to_value(), value.clone());
        prop_assert_eq!(serde_json::to_string(&packed).unwrap(), text.clone());
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<Packed>(&text).unwrap(), Packed::from(read));
        prop_assert_eq!(packed == value, true);
        let packed_other = Packed::from(&other);
        prop_assert_eq!(packed == packed_other, value == other);
        prop_assert_eq!(packed == other, value == other);
    }

    #[test]
    fn packed_values_change_as_others_do(value in any_value()) {
        let packed = Packed::from(&value);
        prop_assert_eq!(packed.has_unknown(), value::has_unknown(&value));
        let resolved = packed.resolve(&mut |it| known(it).map(Packed::from));
        prop_assert_eq!(resolved.to_value(), value::resolve(&value, &known));
        let mut longer = value.clone();
        value::rewrite(&mut longer, &mut |it| Some(json!(it.as_u64()?.to_string())));
        let packed_longer = packed.rewrite(&mut |it| Some(it.as_u64()?.to_string().into()));
        prop_assert_eq!(packed_longer.to_value(), longer);
        let mut without = value.clone();
        if let Some(fields) = without.as_object_mut() {
            fields.remove("a");
        }
        if packed.is_object() {
            prop_assert_eq!(packed.without("a"), without);
        }
    }
}
