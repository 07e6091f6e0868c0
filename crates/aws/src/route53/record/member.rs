//! The records of a stack, as rules between them see them.

use bicoastal_model::value::{self, Ref};
use bicoastal_model::{Declared, Desired, Diagnostic, Packed, dns};
use serde_json::Value;

use super::RecordSet;
use super::data::RecordType;

/// What a resolver asks for: zone, name and type.
pub(super) type Question<'m> = (&'m str, &'m str, RecordType);

/// A declared record, its names resolved as far as the program knows them.
pub(super) struct Member<'d> {
    pub(super) declared: &'d Declared,
    pub(super) record: RecordSet,
    /// The zone's reference or id: the same text for the same zone.
    pub(super) zone: String,
    pub(super) zone_name: Option<String>,
    /// Whether the zone is declared as a private one.
    pub(super) private: bool,
    pub(super) name: Option<String>,
}

/// All records that a stack declares.
pub(super) fn all(desired: &Desired) -> Vec<Member<'_>> {
    desired
        .resources
        .values()
        .filter(|declared| declared.schema.kind == super::SCHEMA.kind && !declared.lookup)
        .filter_map(|declared| Member::new(desired, declared))
        .collect()
}

impl<'d> Member<'d> {
    fn new(desired: &Desired, declared: &'d Declared) -> Option<Self> {
        let record: RecordSet = serde_json::from_value(declared.props.to_value()).ok()?;
        let zone_id = declared.props.get("zone_id")?;
        let zone = zone_id.as_ref().and_then(|of| desired.resources.get(&of.id));
        let zone_name = zone.and_then(|zone| zone.props.get("name")?.as_str()).map(dns::canonical);
        let private = zone.is_some_and(|zone| zone.props["private"].as_bool() == Some(true));
        let name = resolved(desired, declared.props.get("name")?);
        Some(Self { declared, record, zone: zone_id.to_string(), zone_name, private, name })
    }

    pub(super) fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message).of(&self.declared.id).at(&self.declared.at)
    }

    pub(super) fn warning(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(message).of(&self.declared.id).at(&self.declared.at)
    }

    /// What it answers, where its name is known.
    pub(super) fn question(&self) -> Option<Question<'_>> {
        Some(self.question_for(self.name.as_deref()?))
    }

    /// What another record of its zone and type answers.
    pub(super) fn question_for<'m>(&'m self, name: &'m str) -> Question<'m> {
        (&self.zone, name, self.record.record_type)
    }

    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or("?")
    }

    /// The canonical name that an alias to the record's own zone points at, where it is known: such
    /// names are made from the zone's name, and so resolve where the record's own name does.
    pub(super) fn same_zone_target(&self) -> Option<String> {
        let alias = self.record.alias.as_ref()?;
        let zone = serde_json::to_value(&alias.target.zone_id).ok()?.to_string();
        if zone != self.zone {
            return None;
        }
        let own = self.zone_name.as_deref().map(|zone| zone.trim_end_matches('.').to_owned());
        let text = serde_json::to_value(&alias.target.dns_name).ok()?;
        let known = |_: &Ref| own.clone().map(Value::String);
        Some(dns::canonical(value::resolve(&text, &known).as_str()?))
    }
}

/// A text, where every output in it repeats a property that the program says.
fn resolved(desired: &Desired, text: &Packed) -> Option<String> {
    let mut known = |of: &Ref| {
        let declared = desired.resources.get(&of.id)?;
        let property = declared.schema.output(&of.attribute)?.same_as?;
        declared.props.get(property).filter(|value| value.is_string()).cloned()
    };
    Some(dns::canonical(text.resolve(&mut known).as_str()?))
}
