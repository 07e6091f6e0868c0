//! The client's side of a served cloud: waits on the clock of another process.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sleeps on the clock of the cloud that is served at `address` (`127.0.0.1:4566`).
///
/// Where nobody answers there, it sleeps in real time.
pub fn sleep_impl(address: impl Into<String>) -> SharedAsyncSleep {
    SharedAsyncSleep::new(RemoteSleep { address: address.into() })
}

#[derive(Debug)]
struct RemoteSleep {
    address: String,
}

impl AsyncSleep for RemoteSleep {
    #[expect(clippy::disallowed_methods, reason = "without a server there is only real time")]
    fn sleep(&self, duration: Duration) -> Sleep {
        let address = self.address.clone();
        Sleep::new(async move {
            if ask(&address, duration).await.is_err() {
                tokio::time::sleep(duration).await;
            }
        })
    }
}

async fn ask(address: &str, duration: Duration) -> std::io::Result<()> {
    let ms = duration.as_nanos().div_ceil(1_000_000);
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "POST /_bicoastal/sleep?ms={ms} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    if answer.starts_with(b"HTTP/1.1 200") {
        Ok(())
    } else {
        Err(std::io::ErrorKind::InvalidData.into())
    }
}
