//! Clients in the background that must never see a failure.

use corten_test_support::{Client, Gateway, Response, wait::pause, websocket::WebSocket};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Between two requests of one client: a load that a slow machine carries.
const PACE: Duration = Duration::from_millis(2);
/// However long a test takes, a client stops after so many.
const MOST: u64 = 100_000;

/// Background clients; [`Load::finish`] tells what they saw.
#[derive(Default)]
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Result<(), String>>>,
}

impl Load {
    /// Runs `turn` again and again on a thread until it fails or the load is over.
    pub(crate) fn add(&mut self, name: &str, mut turn: impl FnMut() -> Result<(), String> + Send + 'static) {
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
    pub(crate) fn keep_alive(
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
    pub(crate) fn websocket(&mut self, gateway: &Gateway, path: &'static str) {
        let mut socket = WebSocket::connect(gateway.http(), "h", path);
        let mut turn = 0;
        self.add("websocket", move || {
            turn += 1;
            socket.echo(&format!("turn {turn}")).map_err(|e| e.to_string())
        });
    }

    /// How many turns have succeeded so far.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }

    /// Whether some client has stopped, which before [`Load::finish`] means that it failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.clients.iter().any(JoinHandle::is_finished)
    }

    /// Ends the load. Panics with every failure.
    #[track_caller]
    pub(crate) fn finish(self) -> u64 {
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

/// One GET on a connection that is opened again if the gateway has closed it politely.
pub(crate) fn polite_get(
    client: &mut Option<Client>,
    connect: impl Fn() -> io::Result<Client>,
    path: &str,
) -> io::Result<Response> {
    let mut connection = match client.take() {
        Some(connection) => connection,
        None => connect()?,
    };
    connection.try_send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"))?;
    let response = connection.read_response(false)?;
    if response.header("connection") != Some("close") {
        *client = Some(connection);
    }
    Ok(response)
}
