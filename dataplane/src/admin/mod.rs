//! The admin server: `/metrics`, `/healthz`, `/readyz`, `/snapshot`.
//!
//! On a thread and a runtime of its own, so that a scrape never delays a request. It has no authentication and
//! listens on loopback by default; what it shows holds no secrets. `/snapshot` is shown to loopback alone.

mod answer;
#[cfg(test)]
mod tests;

use crate::observe::Observer;
use answer::answer;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};
use tokio::sync::{Semaphore, oneshot};

/// Connections that are served at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 64;

/// What the server asks about the dataplane.
pub(crate) trait View: Send + Sync {
    /// Why the process must be restarted, if it must: empty while its loops turn.
    fn not_live(&self) -> Vec<String> {
        Vec::new()
    }

    /// Why no traffic may be sent here. Empty: a full snapshot is in force, all listeners are bound, and the
    /// process is not draining.
    fn not_ready(&self) -> Vec<String>;

    /// The snapshot in force, without private keys.
    fn snapshot(&self) -> serde_json::Value;
}

/// A running admin server. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Admin {
    address: SocketAddr,
    _stop: oneshot::Sender<Infallible>,
}

impl Admin {
    /// The address that it listens on, with the port that the system gave if 0 was asked for.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Starts the server. The address is bound when this returns.
///
/// # Errors
/// The system's, when the address cannot be bound or there is no thread.
pub(crate) fn serve(address: SocketAddr, observer: Arc<Observer>, view: Arc<dyn View>) -> io::Result<Admin> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = oneshot::channel();
    thread::Builder::new().name("admin".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                ended = accept(listener, observer, view) => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the admin server has ended");
                    }
                }
                _ = stopped => {}
            }
        });
    })?;
    Ok(Admin { address, _stop: stop })
}

async fn accept(listener: TcpListener, observer: Arc<Observer>, view: Arc<dyn View>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the admin server cannot accept; waiting");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (observer, view) = (observer.clone(), view.clone());
        tokio::spawn(async move {
            let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
                let response = answer((request.method(), request.uri().path()), peer.ip(), &observer, &*view);
                async move { Ok::<_, Infallible>(response) }
            });
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(30))
                .max_buf_size(16 * 1024)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = serving.await {
                tracing::debug!(%error, "admin connection ended");
            }
            drop(place);
        });
    }
}
