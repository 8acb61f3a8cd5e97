//! The handshake with a client.

use super::BindTls;
use corten_snapshot::ListenerKey;
use rustls::server::Acceptor;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// A fatal `unrecognized_name` (RFC 6066 section 3) in a record of its own.
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// A client's connection after the handshake.
#[derive(Debug)]
pub(crate) struct Secured<IO> {
    /// The listener that the SNI chose. Requests for hosts of another one are misdirected.
    pub(crate) listener: ListenerKey,
    /// The connection.
    pub(crate) stream: TlsStream<IO>,
}

impl<IO> Secured<IO> {
    /// Whether HTTP/2 was agreed on.
    pub(crate) fn is_http2(&self) -> bool {
        self.stream.get_ref().1.alpn_protocol() == Some(b"h2")
    }

    /// `TLSv1.3` or `TLSv1.2`.
    pub(crate) fn version(&self) -> &'static str {
        match self.stream.get_ref().1.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2",
        }
    }
}

impl BindTls {
    /// Reads the client's hello, chooses a listener by its SNI, and shakes hands by that one's configuration.
    /// The caller bounds the time.
    ///
    /// # Errors
    /// The client speaks no TLS, names no host of this bind, or the handshake fails; the client has been sent
    /// an alert.
    pub(crate) async fn accept<IO>(&self, io: IO) -> io::Result<Secured<IO>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let mut start = LazyConfigAcceptor::new(Acceptor::default(), io).await?;
        let Some((listener, tls)) = self.choose(start.client_hello().server_name()) else {
            start.io.write_all(&UNRECOGNIZED_NAME).await?;
            start.io.shutdown().await?;
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no listener for the server name"));
        };
        let stream = start.into_stream(tls.config.clone()).await?;
        Ok(Secured { listener: listener.clone(), stream })
    }
}
