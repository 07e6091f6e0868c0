//! Each kind's schema against the attributes that AWS gives the resource: every attribute has a
//! field, or a reason why it has none; every field and output comes from an attribute, or says what
//! it is for.
//!
//! A page is a table with a line for each attribute:
//!
//! - `Attribute -> field, other.part`: it is that field (`@output` for an output);
//! - `Attribute -- reason`: it is left out on purpose;
//! - `Attribute ?? reason`: it is missing, and should not be;
//! - `+ field: reason`: a field that is the library's own.
#![cfg(all(
    feature = "dynamodb",
    feature = "elbv2",
    feature = "iam",
    feature = "rds",
    feature = "route53",
    feature = "s3"
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they find something odd")]

mod dynamodb;
mod elbv2;
mod iam;
mod rds;
mod route53;
mod s3;

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::{Field, Schema, Shape};
use expect_test::expect;

/// A kind and its page.
type Page = (&'static str, &'static str);

fn pages() -> Vec<Page> {
    [route53::PAGES, dynamodb::PAGES, rds::PAGES, s3::PAGES, iam::PAGES, elbv2::PAGES].concat()
}

/// What a line says of an attribute.
enum Said<'p> {
    Is(Vec<&'p str>),
    LeftOut,
    NotYet,
}

/// A page, read.
struct Read<'p> {
    attributes: Vec<(&'p str, Said<'p>)>,
    own: Vec<&'p str>,
    /// Lines that say nothing that this test understands.
    wrong: Vec<&'p str>,
}

fn read(page: &str) -> Read<'_> {
    let mut read = Read { attributes: Vec::new(), own: Vec::new(), wrong: Vec::new() };
    for line in page.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let reasoned = |reason: &str| reason.trim().len() > 10;
        if let Some(own) = line.strip_prefix("+ ") {
            match own.split_once(':') {
                Some((field, reason)) if reasoned(reason) => read.own.push(field.trim()),
                _ => read.wrong.push(line),
            }
        } else if let Some((attribute, fields)) = line.split_once(" -> ") {
            let fields = fields.split(',').map(str::trim).collect();
            read.attributes.push((attribute.trim(), Said::Is(fields)));
        } else if let Some((attribute, reason)) = line.split_once(" -- ")
            && reasoned(reason)
        {
            read.attributes.push((attribute.trim(), Said::LeftOut));
        } else if let Some((attribute, reason)) = line.split_once(" ?? ")
            && reasoned(reason)
        {
            read.attributes.push((attribute.trim(), Said::NotYet));
        } else {
            read.wrong.push(line);
        }
    }
    read
}

/// The parts of a field that have names of their own.
fn parts(shape: &Shape) -> &'static [Field] {
    match shape {
        Shape::Object(fields) | Shape::Keyed { fields, .. } => fields,
        Shape::List(inner) | Shape::Set(inner) | Shape::OwnedSet(inner) | Shape::AtLeast(inner) => {
            parts(inner)
        }
        _ => &[],
    }
}

/// Every path of a schema: its fields with their parts, and its outputs.
fn paths(schema: &Schema) -> BTreeSet<String> {
    fn walk(prefix: &str, fields: &[Field], out: &mut BTreeSet<String>) {
        for field in fields {
            let path = format!("{prefix}{}", field.name);
            walk(&format!("{path}."), parts(&field.shape), out);
            out.insert(path);
        }
    }
    let mut out = BTreeSet::new();
    walk("", schema.fields, &mut out);
    out.extend(schema.outputs.iter().map(|output| format!("@{}", output.name)));
    out
}

/// What is wrong between a schema and its page.
fn wrong(schema: &Schema, page: &str) -> Vec<String> {
    let (kind, read) = (schema.kind, read(page));
    let mut found: Vec<String> =
        read.wrong.iter().map(|line| format!("{kind}: a line without a reason: {line}")).collect();
    let known = paths(schema);
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut attributes = BTreeSet::new();
    for (attribute, said) in &read.attributes {
        if !attributes.insert(*attribute) {
            found.push(format!("{kind}: {attribute} is there twice"));
        }
        if let Said::Is(fields) = said {
            named.extend(fields);
        }
    }
    named.extend(&read.own);
    for field in &named {
        if !known.contains(*field) {
            found.push(format!("{kind}: the page names {field}, which the schema does not have"));
        }
    }
    for path in &known {
        // A field whose parts are named is named.
        let inside = format!("{path}.");
        let covered =
            named.contains(path.as_str()) || named.iter().any(|it| it.starts_with(&inside));
        if !covered {
            found.push(format!("{kind}: {path} is in the schema, and not on the page"));
        }
    }
    found
}

#[test]
fn every_attribute_has_a_field_or_a_reason() {
    let registry = bicoastal_aws::registry();
    let schemas: BTreeMap<&str, &Schema> = registry.schemas().map(|it| (it.kind, it)).collect();
    let mut found = Vec::new();
    let mut counts = String::new();
    let mut total = [0, 0, 0];
    for (kind, page) in pages() {
        let Some(schema) = schemas.get(kind) else {
            found.push(format!("{kind} is not a kind"));
            continue;
        };
        found.extend(wrong(schema, page));
        let read = read(page);
        let mut count = [0, 0, 0];
        for (_, said) in &read.attributes {
            match said {
                Said::Is(_) => count[0] += 1,
                Said::LeftOut => count[1] += 1,
                Said::NotYet => count[2] += 1,
            }
        }
        for (sum, one) in total.iter_mut().zip(count) {
            *sum += one;
        }
        counts +=
            &format!("{kind}: {} covered, {} left out, {} not yet\n", count[0], count[1], count[2]);
    }
    assert_eq!(found.join("\n"), "");
    counts += &format!("all: {} covered, {} left out, {} not yet\n", total[0], total[1], total[2]);
    expect![[r#"
        Route53:HostedZone: 13 covered, 3 left out, 0 not yet
        Route53:RecordSet: 25 covered, 2 left out, 0 not yet
        Route53:HealthCheck: 22 covered, 3 left out, 0 not yet
        Route53:CidrCollection: 5 covered, 2 left out, 0 not yet
        DynamoDB:Table: 41 covered, 9 left out, 0 not yet
        RDS:GlobalCluster: 13 covered, 5 left out, 0 not yet
        RDS:DBCluster: 52 covered, 8 left out, 0 not yet
        RDS:DBInstance: 20 covered, 5 left out, 0 not yet
        RDS:DBSubnetGroup: 5 covered, 2 left out, 0 not yet
        RDS:DBClusterParameterGroup: 8 covered, 0 left out, 0 not yet
        S3:Bucket: 53 covered, 7 left out, 0 not yet
        S3:ReplicationConfiguration: 18 covered, 2 left out, 0 not yet
        IAM:Role: 13 covered, 3 left out, 0 not yet
        IAM:Policy: 7 covered, 1 left out, 0 not yet
        ELBv2:LoadBalancer: 32 covered, 4 left out, 0 not yet
        ELBv2:TargetGroup: 38 covered, 2 left out, 0 not yet
        ELBv2:Listener: 39 covered, 0 left out, 0 not yet
        ELBv2:ListenerRule: 20 covered, 1 left out, 0 not yet
        all: 424 covered, 59 left out, 0 not yet
    "#]]
    .assert_eq(&counts);
}

#[test]
fn every_kind_that_is_declared_has_a_page() {
    let described: BTreeSet<&str> = pages().into_iter().map(|(kind, _)| kind).collect();
    let registry = bicoastal_aws::registry();
    let missing: Vec<&str> =
        registry.schemas().map(|it| it.kind).filter(|kind| !described.contains(kind)).collect();
    // These are only looked up: they have no properties.
    assert_eq!(missing, ["ACM:Certificate", "KMS:Key", "STS:CallerIdentity"]);
}

#[test]
fn the_test_sees_what_is_missing() {
    use bicoastal_model::schema::OutputSpec;
    const PARTS: &[Field] = &[Field::new("a"), Field::new("b")];
    static SCHEMA: Schema = Schema {
        kind: "X:Y",
        fields: &[
            Field::new("name"),
            Field::new("parts").shape(Shape::List(&Shape::Object(PARTS))),
        ],
        outputs: &[OutputSpec::assigned("arn")],
        ..Schema::BASE
    };
    let page = "
        Name -> name, gone
        Name -- it is here a second time
        A -> parts.a
        Other -- no
        Nothing
    ";
    expect![[r#"
        X:Y: a line without a reason: Other -- no
        X:Y: a line without a reason: Nothing
        X:Y: Name is there twice
        X:Y: the page names gone, which the schema does not have
        X:Y: @arn is in the schema, and not on the page
        X:Y: parts.b is in the schema, and not on the page"#]]
    .assert_eq(&wrong(&SCHEMA, page).join("\n"));
    let whole = "
        Name -> name
        A -> parts.a
        B ?? nobody had the time for it yet
        + parts.b: it is of use to the library
        Arn -> @arn
    ";
    assert_eq!(wrong(&SCHEMA, whole), Vec::<String>::new());
}
