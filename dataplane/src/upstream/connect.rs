//! Opening connections to endpoints.

use super::{Cluster, Endpoint};
use crate::{
    body::RequestBody,
    observe::{ClusterStats, ConnectFailure},
};
use corten_snapshot::{ContentHash, EndpointHost, UpstreamProtocol};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::MutexGuard,
};
use tokio_rustls::TlsConnector;

/// How a cluster's endpoints are spoken to.
pub(crate) struct Transport {
    /// Hash over everything below, with the certificates' content: the identity of pools.
    pub(crate) id: ContentHash,
    pub(crate) protocol: UpstreamProtocol,
    pub(crate) tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    pub(crate) tcp_keepalive: Option<Duration>,
}

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// Longer than the cluster's `connectTimeout`.
    #[error("connect timed out")]
    TimedOut,
    /// The name has no address.
    #[error("cannot resolve: {0}")]
    Resolve(io::Error),
    /// TCP failed.
    #[error("cannot connect: {0}")]
    Tcp(io::Error),
    /// TLS failed, most often because the certificate is not trusted.
    #[error("TLS handshake failed: {0}")]
    Tls(io::Error),
    /// HTTP/2 failed at its start.
    #[error("HTTP handshake failed: {0}")]
    Http(hyper::Error),
}

impl ConnectError {
    fn class(&self) -> ConnectFailure {
        match self {
            Self::TimedOut => ConnectFailure::Timeout,
            Self::Resolve(_) => ConnectFailure::Resolve,
            Self::Tcp(_) => ConnectFailure::Connect,
            Self::Tls(_) => ConnectFailure::Tls,
            Self::Http(_) => ConnectFailure::Protocol,
        }
    }
}

/// Opens connections and drives them in tasks of their own on the worker's runtime.
pub(crate) struct Connector<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) worker: usize,
}

impl Connector<'_> {
    /// An HTTP/1.1 connection.
    pub(crate) async fn http1(&self) -> Result<http1::SendRequest<RequestBody>, ConnectError> {
        self.timed(Box::pin(async {
            match self.secure(Offer::Http1).await? {
                Stream::Plain(stream) => handshake1(stream, self.counted()).await,
                Stream::Tls(stream) => handshake1(*stream, self.counted()).await,
            }
        }))
        .await
    }

    /// An HTTP/2 connection without negotiation (with TLS: by ALPN).
    pub(crate) async fn http2(&self) -> Result<http2::SendRequest<RequestBody>, ConnectError> {
        self.timed(Box::pin(async {
            match self.secure(Offer::Configured).await? {
                Stream::Plain(stream) => Box::pin(handshake2(stream, self.counted())).await,
                Stream::Tls(stream) => Box::pin(handshake2(*stream, self.counted())).await,
            }
        }))
        .await
    }

    /// A connection of the protocol that the endpoint picks.
    pub(crate) async fn negotiated(&self) -> Result<Picked, ConnectError> {
        self.timed(Box::pin(async {
            match self.secure(Offer::Configured).await? {
                Stream::Plain(stream) => handshake1(stream, self.counted()).await.map(Picked::Http1),
                Stream::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2") => {
                    Box::pin(handshake2(*tls, self.counted())).await.map(Picked::Http2)
                }
                Stream::Tls(tls) => handshake1(*tls, self.counted()).await.map(Picked::Http1),
            }
        }))
        .await
    }

    /// Waits until no other request opens a connection that this one could share. That one takes no longer than
    /// a connection may, so neither does the waiting: behind a dead endpoint requests fail together, not one
    /// after the other.
    pub(crate) async fn alone(&self) -> Result<Option<MutexGuard<'_, ()>>, ConnectError> {
        self.timed(Box::pin(async { Ok(self.endpoint.opening(self.worker).await) })).await
    }

    async fn timed<T>(
        &self,
        connecting: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let limit = self.cluster.settings.connect_timeout;
        let outcome = if limit.is_zero() {
            connecting.await
        } else {
            tokio::time::timeout(limit, connecting).await.unwrap_or(Err(ConnectError::TimedOut))
        };
        outcome.inspect_err(|error| self.cluster.stats.failed(self.worker, error.class()))
    }

    fn counted(&self) -> Counted {
        self.cluster.stats.opened(self.worker);
        Counted { stats: self.cluster.stats.clone(), worker: self.worker }
    }

    async fn secure(&self, offer: Offer) -> Result<Stream, ConnectError> {
        let transport = &self.cluster.transport;
        let tcp = dial(self.endpoint).await?;
        tune(&tcp, transport).map_err(ConnectError::Tcp)?;
        let Some((config, name)) = &transport.tls else { return Ok(Stream::Plain(tcp)) };
        let connector = TlsConnector::from(config.clone());
        let tls = match (offer, transport.protocol) {
            (Offer::Http1, UpstreamProtocol::Negotiated) => {
                connector.with_alpn(vec![b"http/1.1".to_vec()]).connect(name.clone(), tcp).await
            }
            _ => connector.connect(name.clone(), tcp).await,
        };
        tls.map(|tls| Stream::Tls(Box::new(tls))).map_err(ConnectError::Tls)
    }
}

/// An open connection, counted until it is dropped.
struct Counted {
    stats: Arc<ClusterStats>,
    worker: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.stats.closed(self.worker);
    }
}

/// What is offered by ALPN.
#[derive(Clone, Copy)]
enum Offer {
    /// All that the cluster's protocol allows.
    Configured,
    /// HTTP/1.1 only.
    Http1,
}

/// A new connection of the protocol that the endpoint has picked.
pub(crate) enum Picked {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// Connects to the endpoint, trying each address of a name in turn.
async fn dial(endpoint: &Endpoint) -> Result<TcpStream, ConnectError> {
    let port = endpoint.id.port;
    match &endpoint.id.host {
        EndpointHost::Ip(ip) => {
            TcpStream::connect(SocketAddr::new(*ip, port)).await.map_err(ConnectError::Tcp)
        }
        EndpointHost::Name(name) => {
            let addresses =
                tokio::net::lookup_host((name.as_str(), port)).await.map_err(ConnectError::Resolve)?;
            let mut last = ConnectError::Resolve(io::Error::new(io::ErrorKind::NotFound, "no address"));
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = ConnectError::Tcp(error),
                }
            }
            Err(last)
        }
    }
}

/// Sets the socket options; no upstream socket is made anywhere else.
fn tune(stream: &TcpStream, transport: &Transport) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if let Some(after) = transport.tcp_keepalive {
        let keepalive = socket2::TcpKeepalive::new().with_time(after);
        socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive)?;
    }
    Ok(())
}

/// The most that is read ahead of a client that does not take it, beside the head of a response. With
/// hyper's own bound of 400 KiB a stalled download held 3 MiB.
const READ_BUFFER: usize = 64 * 1024;

async fn handshake1<S>(stream: S, counted: Counted) -> Result<http1::SendRequest<RequestBody>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(READ_BUFFER)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(ConnectError::Http)?;
    tokio::spawn(async move {
        let _counted = counted;
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "upstream connection ended");
        }
    });
    Ok(sender)
}

/// Windows towards upstreams: large enough for a fast service, small enough to bound what a slow client
/// makes us hold.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

async fn handshake2<S>(stream: S, counted: Counted) -> Result<http2::SendRequest<RequestBody>, ConnectError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10))
        .handshake(TokioIo::new(stream))
        .await
        .map_err(ConnectError::Http)?;
    tokio::spawn(async move {
        let _counted = counted;
        if let Err(error) = connection.await {
            tracing::debug!(%error, "upstream connection ended");
        }
    });
    Ok(sender)
}
