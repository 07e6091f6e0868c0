//! `graph`.

use expect_test::expect;

use crate::common::run::Bench;

#[test]
fn pictures() {
    Bench::new().check(
        "graph",
        expect![[r#"
        $ shop graph
        flowchart LR
          subgraph p0["ap-south-1"]
            n0["assets<br/>Fake:Bucket"]
          end
          subgraph p1["global"]
            n2["www-ap-south-1<br/>Fake:Record"]
            n3["www-us-east-1<br/>Fake:Record"]
            n4["zone<br/>Fake:Zone"]
          end
          subgraph p2["us-east-1"]
            n1["assets<br/>Fake:Bucket"]
          end
          n2 --> n0
          n2 --> n4
          n3 --> n1
          n3 --> n4
        --- exit 0
    "#]],
    );
    Bench::new().check(
        "graph --format dot",
        expect![[r#"
        $ shop graph --format dot
        digraph "shop" {
          rankdir=LR;
          node [shape=box];
          subgraph cluster_0 {
            label="ap-south-1";
            n0 [label="assets\nFake:Bucket"];
          }
          subgraph cluster_1 {
            label="global";
            n2 [label="www-ap-south-1\nFake:Record"];
            n3 [label="www-us-east-1\nFake:Record"];
            n4 [label="zone\nFake:Zone"];
          }
          subgraph cluster_2 {
            label="us-east-1";
            n1 [label="assets\nFake:Bucket"];
          }
          n2 -> n0;
          n2 -> n4;
          n3 -> n1;
          n3 -> n4;
        }
        --- exit 0
    "#]],
    );
}
