//! What a client sees, call by call.

mod clusters;
mod engines;
mod global;
mod groups;
mod instances;
mod regions;
mod restores;

use std::fmt::Write;

use expect_test::Expect;

use crate::call::{Call, Request, Service};
use crate::world::World;
use crate::xml::Element;

/// A cloud, and the clients of one account in it.
struct Cloud {
    world: World,
}

impl Cloud {
    fn new() -> Self {
        Self { world: World::default() }
    }

    /// Lets `seconds` of virtual time pass.
    fn wait(&mut self, seconds: i64) -> &mut Self {
        self.world.now_ms += seconds * 1000;
        self.world.settle();
        self
    }

    /// Calls `operation` in `region` with fields `Name=value Name=value`, a `+` for a space:
    /// the result's element, or `code (status): message`.
    fn call(&mut self, region: &str, operation: &str, fields: &str) -> Result<Element, String> {
        self.world.settle();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", operation).append_pair("Version", "2014-10-31");
        for field in fields.split_whitespace() {
            let (name, value) = field.split_once('=').expect("a field is Name=value");
            form.append_pair(name, &value.replace('+', " "));
        }
        let call = Call {
            account: "000000000000".into(),
            region: region.into(),
            service: Service::Rds,
            operation: operation.into(),
            request: Request {
                method: "POST".into(),
                body: form.finish().into(),
                ..Request::default()
            },
        };
        match super::handle(&mut self.world, &call) {
            Ok(reply) => {
                let root = Element::parse(&reply.body).expect("an answer is XML");
                Ok(root.get(&format!("{operation}Result")).expect("it has a result").clone())
            }
            Err(fault) => Err(format!("{} ({}): {}", fault.code, fault.status, fault.message)),
        }
    }

    /// A call that must succeed.
    fn ok(&mut self, region: &str, operation: &str, fields: &str) -> Element {
        match self.call(region, operation, fields) {
            Ok(element) => element,
            Err(refusal) => panic!("{operation} {fields}: {refusal}"),
        }
    }

    /// A call that must be refused.
    fn refused(&mut self, region: &str, operation: &str, fields: &str, expected: Expect) {
        match self.call(region, operation, fields) {
            Ok(_) => panic!("{operation} {fields} was not refused"),
            Err(refusal) => expected.assert_eq(&refusal),
        }
    }

    /// An encrypted global database `app` with the primary `app-us` in us-east-1 and its writer.
    fn with_primary() -> Self {
        let mut cloud = Self::new();
        cloud.ok(
            US,
            "CreateGlobalCluster",
            "GlobalClusterIdentifier=app Engine=aurora-postgresql EngineVersion=16.6 \
             StorageEncrypted=true DatabaseName=app",
        );
        cloud.wait(60);
        cloud.ok(
            US,
            "CreateDBCluster",
            "DBClusterIdentifier=app-us Engine=aurora-postgresql GlobalClusterIdentifier=app \
             MasterUsername=owner MasterUserPassword=correct-horse StorageEncrypted=true",
        );
        cloud.wait(300);
        cloud.instance(US, "app-us", "app-us-1", "");
        cloud.wait(600);
        cloud
    }

    /// The same with the secondary `app-in` in ap-south-1 and its reader.
    fn with_secondary() -> Self {
        let mut cloud = Self::with_primary();
        cloud.secondary(IN, "app-in", "");
        cloud.wait(900);
        cloud.instance(IN, "app-in", "app-in-1", "");
        cloud.wait(600);
        cloud
    }

    fn secondary(&mut self, region: &str, id: &str, more: &str) {
        self.ok(
            region,
            "CreateDBCluster",
            &format!(
                "DBClusterIdentifier={id} Engine=aurora-postgresql GlobalClusterIdentifier=app \
                 KmsKeyId=alias/aws/rds {more}"
            ),
        );
    }

    fn instance(&mut self, region: &str, cluster: &str, id: &str, more: &str) {
        self.ok(
            region,
            "CreateDBInstance",
            &format!(
                "DBInstanceIdentifier={id} DBClusterIdentifier={cluster} \
                 Engine=aurora-postgresql DBInstanceClass=db.r6g.large {more}"
            ),
        );
    }

    /// The cluster as a client sees it now.
    fn cluster(&mut self, region: &str, id: &str) -> Element {
        let found = self.ok(region, "DescribeDBClusters", &format!("DBClusterIdentifier={id}"));
        found.children[0].children[0].clone()
    }

    /// Chosen fields of a cluster, `-` where there is none.
    fn fields(&mut self, region: &str, id: &str, names: &str) -> String {
        let cluster = self.cluster(region, id);
        let values: Vec<&str> =
            names.split_whitespace().map(|name| cluster.text_of(name).unwrap_or("-")).collect();
        values.join(" ")
    }

    /// The global cluster as seen from a region: its status, then its members.
    fn roles(&mut self, region: &str) -> String {
        let found = self.ok(region, "DescribeGlobalClusters", "GlobalClusterIdentifier=app");
        let global = &found.children[0].children[0];
        let mut out = global.text_of("Status").unwrap_or("-").to_owned();
        if let Some(failover) = global.get("FailoverState") {
            write!(out, " ({})", failover.text_of("Status").unwrap_or("-")).unwrap();
        }
        for member in global.get("GlobalClusterMembers").into_iter().flat_map(|m| &m.children) {
            write!(
                out,
                "\n{} {} {} forwarding {}",
                member.text_of("DBClusterArn").unwrap_or("-"),
                if member.text_of("IsWriter") == Some("true") { "writer" } else { "reader" },
                member.text_of("SynchronizationStatus").unwrap_or("-"),
                member.text_of("GlobalWriteForwardingStatus").unwrap_or("-"),
            )
            .unwrap();
        }
        out
    }

    /// Who writes in a cluster.
    fn writer(&mut self, region: &str, id: &str) -> String {
        let cluster = self.cluster(region, id);
        let members = cluster.get("DBClusterMembers").unwrap();
        let writers: Vec<&str> = members
            .children
            .iter()
            .filter(|member| member.text_of("IsClusterWriter") == Some("true"))
            .filter_map(|member| member.text_of("DBInstanceIdentifier"))
            .collect();
        writers.join(" ")
    }
}

const US: &str = "us-east-1";
const IN: &str = "ap-south-1";
const EU: &str = "eu-west-1";

/// The ARN of a cluster.
fn arn(region: &str, id: &str) -> String {
    format!("arn:aws:rds:{region}:000000000000:cluster:{id}")
}

/// An element as indented lines.
fn lines(element: &Element) -> String {
    fn write(out: &mut String, element: &Element, depth: usize) {
        writeln!(out, "{:depth$}{} {}", "", element.name, element.text).unwrap();
        for child in &element.children {
            write(out, child, depth + 2);
        }
    }
    let mut out = String::new();
    write(&mut out, element, 0);
    out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
