//! What can be ordered: versions of engines and classes of instances.

use super::context::Context;
use super::engines::{ENGINES, Engine, engine, major, newer};
use super::page::{page, texts};
use super::{Answer, fault};
use crate::query;
use crate::xml::Element;

/// Instance classes of Aurora. Global databases take the memory-optimised ones and `db.serverless`.
pub(super) const CLASSES: [&str; 35] = [
    "db.r5.12xlarge",
    "db.r5.16xlarge",
    "db.r5.24xlarge",
    "db.r5.2xlarge",
    "db.r5.4xlarge",
    "db.r5.8xlarge",
    "db.r5.large",
    "db.r5.xlarge",
    "db.r6g.12xlarge",
    "db.r6g.16xlarge",
    "db.r6g.2xlarge",
    "db.r6g.4xlarge",
    "db.r6g.8xlarge",
    "db.r6g.large",
    "db.r6g.xlarge",
    "db.r6i.2xlarge",
    "db.r6i.4xlarge",
    "db.r6i.large",
    "db.r6i.xlarge",
    "db.r7g.2xlarge",
    "db.r7g.4xlarge",
    "db.r7g.large",
    "db.r7g.xlarge",
    "db.r8g.2xlarge",
    "db.r8g.4xlarge",
    "db.r8g.large",
    "db.r8g.xlarge",
    "db.serverless",
    "db.t3.large",
    "db.t3.medium",
    "db.t4g.large",
    "db.t4g.medium",
    "db.x2g.2xlarge",
    "db.x2g.large",
    "db.x2g.xlarge",
];

/// Whether members of a global database may have this class.
pub(super) fn fits_global(class: &str) -> bool {
    !class.starts_with("db.t")
}

pub(super) fn engine_versions(cx: &mut Context<'_>) -> Answer {
    let asked = cx.text("Engine");
    let version = cx.text("EngineVersion");
    let family = cx.text("DBParameterGroupFamily");
    let default_only = cx.params.bool("DefaultOnly").unwrap_or(false);
    let mut items = Vec::new();
    for engine in &ENGINES {
        if asked.as_deref().is_some_and(|name| name != engine.name) {
            continue;
        }
        for (at, candidate) in engine.versions.iter().enumerate() {
            let fits = version.as_deref().is_none_or(|v| v == *candidate || v == major(candidate))
                && family.as_deref().is_none_or(|f| f == engine.family(candidate));
            // The engine's default is that of the newest or of the asked major version.
            let default = match &version {
                Some(_) => engine.is_default(candidate),
                None => engine.version(None).is_ok_and(|default| default == *candidate),
            };
            if fits && (!default_only || default) {
                items.push((format!("{} {at:03}", engine.name), version_view(engine, candidate)));
            }
        }
    }
    page(cx, "DBEngineVersions", "DBEngineVersion", items)
}

fn version_view(engine: &Engine, version: &str) -> Element {
    let targets = engine.versions.iter().filter(|other| newer(other, version)).map(|other| {
        Element::new("")
            .text_child("Engine", engine.name)
            .text_child("EngineVersion", other)
            .text_child("Description", format!("{} {other}", engine.description))
            .text_child("AutoUpgrade", engine.is_default(other) && major(other) == major(version))
            .text_child("IsMajorVersionUpgrade", major(other) != major(version))
            .text_child("SupportsGlobalDatabases", true)
    });
    Element::new("")
        .text_child("Engine", engine.name)
        .text_child("MajorEngineVersion", major(version))
        .text_child("EngineVersion", version)
        .text_child("DBParameterGroupFamily", engine.family(version))
        .text_child("DBEngineDescription", engine.description)
        .text_child("DBEngineVersionDescription", format!("{} {version}", engine.description))
        .child(query::list("ValidUpgradeTarget", "UpgradeTarget", targets))
        .child(texts(
            "ExportableLogTypes",
            "member",
            &engine.logs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ))
        .text_child("SupportsLogExportsToCloudwatchLogs", true)
        .text_child("SupportsReadReplica", false)
        .child(texts("SupportedEngineModes", "member", &["provisioned".to_owned()]))
        .text_child("Status", "available")
        .text_child("SupportsParallelQuery", engine.name == "aurora-mysql")
        .text_child("SupportsGlobalDatabases", true)
        .text_child("SupportsLocalWriteForwarding", true)
}

pub(super) fn orderable_options(cx: &mut Context<'_>) -> Answer {
    let engine = engine(&cx.required("Engine")?)?;
    let version = match cx.text("EngineVersion") {
        Some(version) if !engine.versions.contains(&version.as_str()) => {
            return Err(fault::combination(format!(
                "Cannot find version {version} for {}",
                engine.name
            )));
        }
        asked => asked,
    };
    let class = cx.text("DBInstanceClass");
    let zones = crate::seed::zones(cx.region);
    let mut items = Vec::new();
    for (at, candidate) in engine.versions.iter().enumerate() {
        if version.as_deref().is_some_and(|version| version != *candidate) {
            continue;
        }
        for name in CLASSES {
            if class.as_deref().is_some_and(|class| class != name) {
                continue;
            }
            let view = Element::new("")
                .text_child("Engine", engine.name)
                .text_child("EngineVersion", candidate)
                .text_child("DBInstanceClass", name)
                .text_child("LicenseModel", engine.license)
                .child(query::list(
                    "AvailabilityZones",
                    "AvailabilityZone",
                    zones.iter().map(|zone| Element::new("").text_child("Name", zone)),
                ))
                .text_child("MultiAZCapable", false)
                .text_child("ReadReplicaCapable", false)
                .text_child("Vpc", true)
                .text_child("SupportsStorageEncryption", true)
                .text_child("StorageType", "aurora")
                .text_child("SupportsIops", false)
                .text_child("SupportsEnhancedMonitoring", true)
                .text_child("SupportsIAMDatabaseAuthentication", true)
                .text_child("SupportsPerformanceInsights", true)
                .child(texts("SupportedEngineModes", "member", &["provisioned".to_owned()]))
                .text_child("SupportsGlobalDatabases", fits_global(name))
                .text_child("SupportsClusters", true);
            items.push((format!("{at:03} {name}"), view));
        }
    }
    page(cx, "OrderableDBInstanceOptions", "OrderableDBInstanceOption", items)
}
