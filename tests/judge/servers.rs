//! The emulators start, answer and are gone.

use std::net::TcpStream;

use crate::emulators::{Emulator, Python};

fn comes_and_goes(emulator: Emulator) {
    let Some(python) = Python::or_skip(&format!("{} starts", emulator.name())) else { return };
    let running = emulator.start(&python);
    let address = running.url().strip_prefix("http://").unwrap().to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    TcpStream::connect(&address).unwrap();
    drop(running);
    assert!(TcpStream::connect(&address).is_err(), "{address} still listens");
}

#[test]
fn moto_comes_and_goes() {
    comes_and_goes(Emulator::Moto);
}

#[test]
fn ministack_comes_and_goes() {
    comes_and_goes(Emulator::Ministack);
}
