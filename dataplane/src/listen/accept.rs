//! The accept loop of one worker on one bind.

use super::{io::ClientIo, serve, socket};
use crate::{
    connection::Connection,
    headers::Peer,
    observe::Closed,
    proxy::Service,
    session::{Session, TlsFacts},
    tables::{BindState, BindTable, Place},
    worker::Worker,
};
use corten_snapshot::ListenerSettings;
use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Where an accept loop belongs.
#[derive(Clone)]
pub(crate) struct Acceptor {
    pub(crate) worker: Arc<Worker>,
    /// Index of the bind in the tables.
    pub(crate) slot: usize,
    pub(crate) state: Arc<BindState>,
}

/// Whether, and how, an accept loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It goes on.
    No,
    /// At once: nothing is served here any more.
    Now,
    /// Without losing a connection that a client believes to have.
    Gently,
}

/// How long handshakes may take that have begun when a socket closes gently: some round trips.
const SETTLE: Duration = Duration::from_millis(200);

/// Accepts until `stop` says otherwise or its sender is gone.
pub(crate) async fn accept(acceptor: Acceptor, listener: TcpListener, mut stop: watch::Receiver<Stop>) {
    loop {
        // The whole result is taken: a pattern that refuses errors would end the loop silently.
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, peer)) => acceptor.spawn(stream, peer),
            Err(error) if belongs_to_one_connection(&error) => {}
            Err(error) => {
                // Out of descriptors or memory: others must finish first. The connection stays queued.
                tracing::warn!(%error, "cannot accept; waiting");
                tokio::time::sleep(Duration::from_millis(50 + fastrand::u64(..50))).await;
            }
        }
    }
    let gently = *stop.borrow() == Stop::Gently;
    if gently && let Err(error) = socket::refuse_new(&listener) {
        tracing::warn!(%error, "cannot filter a closing socket; connections that come just now may be reset");
    }
    acceptor.take_queued(&listener, if gently { SETTLE } else { Duration::ZERO }).await;
}

/// Errors that accept(2) reports of a connection that was already gone.
fn belongs_to_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::ConnectionAborted
            | K::ConnectionReset
            | K::ConnectionRefused
            | K::Interrupted
            | K::NetworkUnreachable
            | K::HostUnreachable
    )
}

impl Acceptor {
    /// Takes the connections that the kernel has accepted, or accepts within `time`: closing the socket would
    /// reset them.
    async fn take_queued(&self, listener: &TcpListener, time: Duration) {
        let taking = async {
            while let Ok((stream, peer)) = listener.accept().await {
                self.spawn(stream, peer);
            }
        };
        // An accept that waits is cancelled without a loss; one that is ready is polled before the time is.
        let _ = tokio::time::timeout(time, taking).await;
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr) {
        let view = self.worker.view();
        let Some(bind) = view.tables.bind(self.slot).cloned() else { return };
        bind.stats.opened();
        let Some(place) = self.state.enter(bind.most_connections) else {
            bind.stats.closed(Closed::Limit);
            return;
        };
        let acceptor = self.clone();
        tokio::spawn(async move {
            let stats = bind.stats.clone();
            // TCP_NODELAY on every client socket, here and nowhere else.
            let closed = match stream.set_nodelay(true) {
                // What it takes to start is let go before the connection is served: a task is as large as
                // the largest of its states.
                Ok(()) => match Box::pin(acceptor.start(bind, stream, peer, place)).await {
                    Ok(serving) => serving.await,
                    Err(closed) => closed,
                },
                Err(_) => Closed::Ended,
            };
            stats.closed(closed);
        });
    }

    /// Secures the connection, if that is asked for, and says how it is served. The tables are let go before
    /// the first request: an idle connection must not keep old ones alive.
    async fn start(
        &self,
        bind: Arc<BindTable>,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
    ) -> Result<Serving, Closed> {
        let settings = bind.connection.clone();
        let Some(tls) = &bind.tls else {
            drop(bind);
            let client = Arriving { peer, place, settings, tls: None };
            return self.http(stream, client, None).await;
        };
        let handshake = within(settings.timeouts.handshake, tls.accept(stream));
        let secured = match Box::pin(handshake).await {
            Some(Ok(secured)) => secured,
            Some(Err(error)) => {
                tracing::debug!(%error, %peer, "TLS handshake failed");
                return Err(Closed::Handshake);
            }
            None => return Err(Closed::HandshakeTimeout),
        };
        let settings = bind.by_key(&secured.listener).map_or(settings, |listener| listener.settings.clone());
        drop(bind);
        let (http2, version) = (secured.is_http2(), secured.version());
        let tls = TlsFacts { listener: secured.listener, version };
        let client = Arriving { peer, place, settings, tls: Some(tls) };
        self.http(Box::new(secured.stream), client, Some(http2)).await
    }

    /// How HTTP is served. `http2` is what ALPN chose; without TLS the first bytes tell.
    async fn http<S>(&self, stream: S, client: Arriving, http2: Option<bool>) -> Result<Serving, Closed>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Arriving { peer, place, settings, tls } = client;
        let now = self.worker.coarse_now();
        let connection = Arc::new(Connection::new(self.slot, &settings.timeouts, now));
        let entered = self.worker.enter(connection.clone());
        let mut io = ClientIo::new(stream, connection.clone(), self.worker.clone());
        let http2 = match http2 {
            Some(true) => true,
            Some(false) => {
                io.speaks_http1();
                false
            }
            None => {
                let asked = within(settings.timeouts.handshake, io.speaks_http2());
                tokio::select! {
                    biased;
                    asked = asked => match asked {
                        Some(Ok(http2)) => http2,
                        Some(Err(_)) => return Err(Closed::Ended),
                        None => return Err(Closed::HandshakeTimeout),
                    },
                    closed = serve::told_while_silent(&connection) => return Err(closed),
                }
            }
        };
        let session = Session {
            worker: self.worker.clone(),
            slot: self.slot,
            connection,
            peer: Peer::new(peer),
            tls,
            most_requests: settings.limits.requests_per_connection,
            _entered: entered,
            _place: place,
        };
        let session = Arc::new(session);
        Ok(if http2 {
            serve::http2(io, &settings, Service::new(session))
        } else {
            serve::http1(io, settings, session)
        })
    }
}

/// Runs `future` for at most `limit`; zero is no limit. `None`: it took longer.
async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    if limit.is_zero() {
        return Some(future.await);
    }
    tokio::time::timeout(limit, future).await.ok()
}

/// A connection being served.
type Serving = Pin<Box<dyn Future<Output = Closed> + Send>>;

/// A client that has connected.
struct Arriving {
    peer: SocketAddr,
    place: Place,
    settings: Arc<ListenerSettings>,
    tls: Option<TlsFacts>,
}
