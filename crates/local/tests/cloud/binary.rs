//! The program `bicoastal-local` itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bicoastal_local::Cloud;

use crate::{create_role, get_role, outcome};

/// A running server; killed when the test is over, however it ends.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(dir: &Path) -> Self {
        let mut child = program(dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("bicoastal-local listening on http://").unwrap();
        assert!(address.starts_with("127.0.0.1:"), "{address}");
        Self { address: address.to_owned(), child }
    }

    fn create_role(&self, name: &str) -> String {
        let request = create_role(name);
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: local\r\nauthorization: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{}",
            request.header("authorization").unwrap(),
            request.body.len(),
            String::from_utf8_lossy(&request.body),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bicoastal-local"));
    command.args(["--port", "0", "--dir"]).arg(dir);
    command
}

#[test]
fn what_was_answered_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    assert_eq!(running.create_role("kept"), "HTTP/1.1 200 OK");
    drop(running);
    let cloud = Cloud::open(dir.path()).unwrap();
    assert_eq!(outcome(&cloud, get_role("kept")), "200");
}

#[test]
fn a_second_server_on_one_directory_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let second = program(dir.path()).output().unwrap();
    assert!(!second.status.success());
    assert!(second.stdout.is_empty());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains(&format!("is in use by process {}", running.child.id())), "{said}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = Running::start(dir.path());
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(running.child.wait().unwrap().success());
}
