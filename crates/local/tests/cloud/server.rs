//! The cloud on loopback, spoken to in plain HTTP.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;
use bicoastal_local::server::Server;
use bicoastal_local::{Cloud, remote};
use expect_test::{Expect, expect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{create_role, who_am_i};

/// Serves a cloud whose clock only waits move, as long as `client` runs.
fn served<F: Future<Output = ()>>(cloud: &Cloud, client: impl FnOnce(SocketAddr) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::bind(cloud.clone(), 0).await.unwrap().speed(0);
        let address = server.address();
        assert!(address.ip().is_loopback());
        server.run(client(address)).await.unwrap();
    });
}

/// Status line and body of an answer; empty where the connection closed without one.
async fn send(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head =
        format!("{head}\r\nhost: local\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = String::new();
    // A connection that is dropped may be reset.
    let _ = stream.read_to_string(&mut answer).await;
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return answer };
    format!("{} {body}", head.lines().next().unwrap_or_default())
}

async fn control(address: SocketAddr, request: &str, body: &str) -> String {
    let (method, endpoint) = request.split_once(' ').unwrap();
    send(address, &format!("{method} /_bicoastal/{endpoint} HTTP/1.1"), body.as_bytes()).await
}

async fn aws(address: SocketAddr, request: bicoastal_local::call::Request) -> String {
    let authorization = request.header("authorization").unwrap();
    let head = format!("POST / HTTP/1.1\r\nauthorization: {authorization}");
    let answer = send(address, &head, &request.body).await;
    answer.chars().take(12).collect()
}

#[test]
fn calls_are_answered() {
    let cloud = Cloud::new();
    served(&cloud, |address| async move {
        assert_eq!(aws(address, who_am_i("us-east-1")).await, "HTTP/1.1 200");
    });
    assert_eq!(cloud.calls().len(), 1);
}

#[test]
fn a_call_without_an_answer_is_a_closed_connection() {
    let cloud = Cloud::new();
    served(&cloud, |address| async move {
        let rule = r#"{"effect": "lose_answer", "operation": "CreateRole", "times": 1}"#;
        control(address, "POST fault", rule).await;
        assert_eq!(aws(address, create_role("one")).await, "");
        assert_eq!(aws(address, create_role("one")).await, "HTTP/1.1 409");
        control(address, "POST region?name=us-east-1&gone=true", "").await;
        assert_eq!(aws(address, who_am_i("us-east-1")).await, "");
        assert_eq!(aws(address, who_am_i("eu-west-1")).await, "HTTP/1.1 200");
    });
}

#[test]
fn a_harness_is_told_when_to_kill() {
    let cloud = Cloud::new();
    served(&cloud, |address| async move {
        let rule = r#"{"effect": "hold_request", "mutating": true, "skip": 1}"#;
        control(address, "POST fault", rule).await;
        assert_eq!(aws(address, create_role("one")).await, "HTTP/1.1 200");
        let client = tokio::spawn(aws(address, create_role("two")));
        expect![[r#"HTTP/1.1 200 OK {"now_ms":1767225600000}"#]]
            .assert_eq(&control(address, "POST held", "").await);
        client.abort();
    });
    let roles = cloud.with_world(|world| serde_json::to_string(&world.iam).unwrap());
    assert!(roles.contains("\"one\":") && !roles.contains("\"two\":"));
}

#[test]
fn waits_of_several_clients_end_in_the_order_of_their_deadlines() {
    let cloud = Cloud::new();
    let born = cloud.now();
    served(&cloud, |address| async move {
        let mut clients = tokio::task::JoinSet::new();
        for minutes in [30_u64, 10, 20] {
            clients.spawn(async move {
                let wait = remote::sleep_impl(address.to_string());
                wait.sleep(Duration::from_secs(60 * minutes)).await;
                minutes
            });
        }
        let mut order = Vec::new();
        while let Some(done) = clients.join_next().await {
            order.push(done.unwrap());
        }
        assert_eq!(order, [10, 20, 30]);
    });
    assert_eq!(cloud.now() - born, 30 * 60_000);
}

#[test]
fn control_endpoints() {
    let cloud = Cloud::new();
    served(&cloud, |address| async move {
        let check = |request: &'static str, body: &'static str, expected: Expect| async move {
            expected.assert_eq(&control(address, request, body).await);
        };
        check("GET now", "", expect![[r#"HTTP/1.1 200 OK {"now_ms":1767225600000}"#]]).await;
        check("POST advance?ms=1500", "", expect![[r#"HTTP/1.1 200 OK {"now_ms":1767225601500}"#]])
            .await;
        check("POST sleep?ms=1", "", expect![[r#"HTTP/1.1 200 OK {"now_ms":1767225601501}"#]])
            .await;
        check("POST duration?name=rds.cluster.create&ms=5", "", expect!["HTTP/1.1 200 OK {}"])
            .await;
        check(
            "POST fault",
            r#"{"effect": {"server_error": 503}, "times": 1}"#,
            expect![[r#"HTTP/1.1 200 OK {"id":1}"#]],
        )
        .await;
        check("GET fault", "", expect![[r#"HTTP/1.1 200 OK [{"id":1,"rule":{"effect":{"server_error":503},"seed":0,"skip":0,"times":1},"seen":0,"struck":0}]"#]]).await;
        check(
            "DELETE fault?id=2",
            "",
            expect![[r#"HTTP/1.1 400 Bad Request {"error":"there is no rule 2"}"#]],
        )
        .await;
        check("DELETE fault?id=1", "", expect!["HTTP/1.1 200 OK {}"]).await;
        check("DELETE fault", "", expect!["HTTP/1.1 200 OK {}"]).await;
        check("GET calls", "", expect!["HTTP/1.1 200 OK []"]).await;
        check(
            "POST advance",
            "",
            expect![[r#"HTTP/1.1 400 Bad Request {"error":"the parameter ms is missing"}"#]],
        )
        .await;
        check(
            "POST advance?ms=-1",
            "",
            expect![[r#"HTTP/1.1 400 Bad Request {"error":"ms=-1 is not a whole number"}"#]],
        )
        .await;
        check(
            "POST region?name=us-east-1&gone=perhaps",
            "",
            expect![[
                r#"HTTP/1.1 400 Bad Request {"error":"gone=perhaps is neither true nor false"}"#
            ]],
        )
        .await;
        check("POST fault", r#"{"effect": "explode"}"#, expect![[r#"HTTP/1.1 400 Bad Request {"error":"not a rule: unknown variant `explode`, expected one of `throttle`, `server_error`, `not_found`, `answer`, `refuse_connection`, `connect_timeout`, `lose_request`, `lose_answer`, `hold_request`, `hold_answer`, `delay`, `server_error_after`, `stale`, `malformed`, `without` at line 1 column 20"}"#]]).await;
        check(
            "PUT world",
            "",
            expect![[r#"HTTP/1.1 404 Not Found {"error":"there is no PUT /_bicoastal/world"}"#]],
        )
        .await;
        let world = control(address, "GET world", "").await;
        assert!(world.contains(r#""rds.cluster.create":5"#), "{world}");
    });
}
