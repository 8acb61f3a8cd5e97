//! Clients in the background that must never see a failure.

use crate::{Client, DEADLINE, Gateway, Response, wait::pause, websocket::WebSocket};
use std::{
    io,
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Between two requests of one client: a load that a slow machine carries.
const PACE: Duration = Duration::from_millis(2);
/// How often a client that tries again does so, and how long it waits in between.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
/// However long a test takes, a client stops after so many.
const MOST: u64 = 100_000;

/// Background clients; [`Load::finish`] tells what they saw.
#[derive(Debug, Default)]
pub struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Result<(), String>>>,
}

impl Load {
    /// Runs `turn` again and again on a thread until it fails or the load is over.
    pub fn add(&mut self, name: &str, mut turn: impl FnMut() -> Result<(), String> + Send + 'static) {
        let (stop, served, name) = (Arc::clone(&self.stop), Arc::clone(&self.served), name.to_owned());
        self.clients.push(thread::spawn(move || {
            for count in 0..MOST {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                turn().map_err(|e| format!("{name}, turn {count}: {e}"))?;
                served.fetch_add(1, Ordering::SeqCst);
                pause(PACE);
            }
            Ok(())
        }));
    }

    /// A keep-alive client: every answer must satisfy `check`, and its connection must stay open.
    pub fn keep_alive(
        &mut self,
        gateway: &Gateway,
        path: &'static str,
        mut check: impl FnMut(&mut dyn FnMut() -> io::Result<Response>) -> Result<(), String> + Send + 'static,
    ) {
        let mut client = gateway.client();
        self.add(path, move || {
            check(&mut || {
                client.try_send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"))?;
                client.read_response(false)
            })
        });
    }

    /// An open WebSocket that echoes.
    pub fn websocket(&mut self, gateway: &Gateway, path: &'static str) {
        let mut socket = WebSocket::connect(gateway.http(), "h", path);
        let mut turn = 0;
        self.add("websocket", move || {
            turn += 1;
            socket.echo(&format!("turn {turn}")).map_err(|e| e.to_string())
        });
    }

    /// A client of `host` at `address` that keeps its connection for as long as it may, and expects 200.
    pub fn polite(&mut self, address: SocketAddr, host: &'static str) {
        let mut client = None;
        self.add("keep-alive client", move || {
            expect_ok(&polite_get(&mut client, || dial(address), host, "/").map_err(|e| e.to_string())?)
        });
    }

    /// A client of `host` at `address` with a new connection for each request, which expects 200.
    pub fn fresh(&mut self, address: SocketAddr, host: &'static str) {
        self.add("client of new connections", move || {
            expect_ok(&polite_get(&mut None, || dial(address), host, "/").map_err(|e| e.to_string())?)
        });
    }

    /// A client of `host` at `address` that does as clients do for a GET: a connection that breaks is replaced and the
    /// request sent again, for a while. It expects 200 of whoever answers.
    pub fn retrying(&mut self, address: SocketAddr, host: &'static str) {
        let mut client = None;
        self.add("client that tries again", move || {
            let mut last = None;
            for _ in 0..TRIES {
                match polite_get(&mut client, || dial(address), host, "/") {
                    Ok(response) => return expect_ok(&response),
                    Err(error) => last = Some(error),
                }
                pause(BETWEEN_TRIES);
            }
            Err(format!("{TRIES} times in vain: {last:?}"))
        });
    }

    /// How many turns have succeeded so far.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }

    /// Whether some client has stopped, which before [`Load::finish`] means that it failed.
    pub fn has_failed(&self) -> bool {
        self.clients.iter().any(JoinHandle::is_finished)
    }

    /// Ends the load. Panics with every failure.
    #[track_caller]
    pub fn finish(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        let failures: Vec<_> = self
            .clients
            .into_iter()
            .filter_map(|client| client.join().expect("client thread").err())
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
        self.served.load(Ordering::SeqCst)
    }
}

/// Connects within three seconds, so that a first packet which is lost is sent again, and waits for answers no longer than
/// [`DEADLINE`].
pub fn dial(address: SocketAddr) -> io::Result<Client> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(3))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    Ok(Client::new(stream))
}

fn expect_ok(response: &Response) -> Result<(), String> {
    if response.status == 200 { Ok(()) } else { Err(format!("{} {}", response.status, response.text())) }
}

/// One GET on a connection that is opened again if the gateway has closed it politely.
pub fn polite_get(
    client: &mut Option<Client>,
    connect: impl Fn() -> io::Result<Client>,
    host: &str,
    path: &str,
) -> io::Result<Response> {
    let mut connection = match client.take() {
        Some(connection) => connection,
        None => connect()?,
    };
    connection.try_send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))?;
    let response = connection.read_response(false)?;
    if response.header("connection") != Some("close") {
        *client = Some(connection);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backend, Reply, eventually};
    use std::sync::atomic::AtomicUsize;

    fn address(backend: &Backend) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], backend.port()))
    }

    #[test]
    fn turns_are_counted_until_the_load_ends() {
        let backend = Backend::named("a");
        let mut load = Load::default();
        load.polite(address(&backend), "h");
        load.fresh(address(&backend), "h");
        eventually("turns", || load.served() > 10);
        assert!(!load.has_failed());
        assert!(load.finish() > 10);
    }

    #[test]
    #[should_panic(expected = "503")]
    fn an_answer_that_is_no_200_is_a_failure() {
        let count = AtomicUsize::new(0);
        let backend = Backend::start(move |_| {
            let first = count.fetch_add(1, Ordering::SeqCst) < 5;
            if first { Reply::text("a") } else { Reply::status(503) }
        });
        let mut load = Load::default();
        load.retrying(address(&backend), "h");
        eventually("the failure", || load.has_failed());
        load.finish();
    }
}
