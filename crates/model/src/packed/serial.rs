//! The same JSON as of a [`Value`](crate::value::Value), to the byte.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

use super::{Fields, Kept, Packed};
use crate::value::{REF, Ref};
use crate::word::{Pool, Word};

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kept::Null => serializer.serialize_unit(),
            Kept::Bool(flag) => serializer.serialize_bool(*flag),
            Kept::Number(number) => number.serialize(serializer),
            Kept::Text(text) => serializer.serialize_str(text),
            Kept::List(items) => serializer.collect_seq(items.iter()),
            Kept::Object(fields) => fields.serialize(serializer),
            Kept::Ref(reference) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(REF, &Parts(reference))?;
                map.end()
            }
        }
    }
}

/// The parts of a reference, sorted.
struct Parts<'r>(&'r Ref);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("attribute", &self.0.attribute)?;
        map.serialize_entry("id", &self.0.id)?;
        map.end()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields, A::Error> {
                fields(map)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

fn fields<'de, A: MapAccess<'de>>(mut map: A) -> Result<Fields, A::Error> {
    let mut all: Vec<(Word, Packed)> = Vec::new();
    while let Some(field) = map.next_entry()? {
        all.push(field);
    }
    Ok(all.into_iter().collect())
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Packed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Packed, E> {
        Ok(Packed::NULL)
    }

    fn visit_none<E>(self) -> Result<Packed, E> {
        Ok(Packed::NULL)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Packed, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Packed, E> {
        Ok(Packed(Kept::Bool(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Packed, E> {
        Ok(Packed(Kept::Number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Packed, E> {
        Ok(Packed(Kept::Number(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Packed, E> {
        Ok(Number::from_f64(number).map_or(Packed::NULL, |it| Packed(Kept::Number(it))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Packed, E> {
        Ok(Packed(Kept::Text(Word::of(text, Pool::Texts))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Packed, A::Error> {
        let mut items: Vec<Packed> = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Packed::list(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Packed, A::Error> {
        Ok(fields(map)?.into())
    }
}
