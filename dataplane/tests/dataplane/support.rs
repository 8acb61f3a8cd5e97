//! A dataplane, backends and clients in one process, on ports that the system gives.

use corten_dataplane::{Handle, Options, source, start};
use corten_snapshot::{
    Ack, Action, Backend, Bind, Cluster, ClusterKey, ClusterSettings, Endpoint, EndpointHost, Endpoints,
    EndpointsKey, Entry, Host, HostnamePattern, Listener, ListenerKey, ListenerProtocol, ListenerSettings,
    Part, PartKey, PathMatch, RouteId, Rule, Snapshot, Target, Timeouts, UpstreamProtocol,
};
use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Nothing here may take longer; a test that waits for more has failed.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A snapshot in the making: one listener, one host, one cluster called `main`.
#[derive(Clone)]
pub struct Config {
    pub settings: ListenerSettings,
    /// A second listener on the same socket, for `b.example`, with settings of its own.
    pub second: Option<ListenerSettings>,
    pub cluster: Cluster,
    pub endpoints: Vec<Endpoint>,
    pub rules: Vec<(PathMatch, Rule)>,
}

impl Config {
    /// Every path goes to `addresses`.
    pub fn to(addresses: &[SocketAddr]) -> Self {
        let endpoints = addresses.iter().map(|address| Endpoint {
            host: EndpointHost::Ip(address.ip()),
            port: address.port(),
            ready: true,
        });
        Self {
            settings: ListenerSettings::default(),
            second: None,
            cluster: Cluster {
                endpoints: EndpointsKey::new("main"),
                protocol: UpstreamProtocol::Http1,
                tls: None,
                settings: ClusterSettings::default(),
            },
            endpoints: endpoints.collect(),
            rules: vec![(PathMatch::Prefix(String::new()), rule())],
        }
    }

    /// The snapshot, on this port.
    pub fn snapshot(&self, port: u16) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.listener(&mut snapshot, "http", HostnamePattern::Any, &self.settings, port);
        if let Some(settings) = &self.second {
            let pattern = HostnamePattern::Exact("b.example".into());
            self.listener(&mut snapshot, "second", pattern, settings, port);
        }
        let main = PartKey::Cluster(ClusterKey::new("main"));
        snapshot.insert(main, Part::Cluster(Box::new(self.cluster.clone())));
        let endpoints = Endpoints { endpoints: self.endpoints.clone() };
        snapshot.insert(PartKey::Endpoints(EndpointsKey::new("main")), Part::Endpoints(endpoints));
        snapshot
    }

    /// Adds a listener with all of the rules.
    fn listener(
        &self,
        snapshot: &mut Snapshot,
        name: &str,
        hostname: HostnamePattern,
        settings: &ListenerSettings,
        port: u16,
    ) {
        let key = ListenerKey::new(format!("default/gateway/{name}"));
        let listener = Listener {
            namespace: "default".into(),
            gateway: "gateway".into(),
            name: name.into(),
            bind: Bind { address: Some(Ipv4Addr::LOCALHOST.into()), port },
            port: 80,
            protocol: ListenerProtocol::Http,
            hostname: hostname.clone(),
            tls: None,
            settings: settings.clone(),
        };
        snapshot.insert(PartKey::Listener(key.clone()), Part::Listener(Box::new(listener)));
        let entries = self.rules.iter().zip(0..).map(|((path, _), rule)| Entry {
            path: path.clone(),
            method: None,
            headers: Vec::new(),
            query: Vec::new(),
            rule,
        });
        let host = Host {
            listener: key.clone(),
            hostname: hostname.clone(),
            entries: entries.collect(),
            rules: self.rules.iter().map(|(_, rule)| Arc::new(rule.clone())).collect(),
        };
        snapshot.insert(PartKey::Host(key, hostname), Part::Host(Box::new(host)));
    }
}

/// A rule that forwards to the cluster `main` and does nothing else.
pub fn rule() -> Rule {
    let backend =
        Backend { weight: 1, target: Target::Cluster(ClusterKey::new("main")), filters: Vec::new() };
    Rule {
        route: RouteId { kind: "HTTPRoute".into(), namespace: "default".into(), name: "route".into() },
        index: 0,
        name: None,
        filters: Vec::new(),
        action: Action::Forward(vec![backend]),
        timeouts: Timeouts::default(),
        retry: None,
    }
}

/// A running dataplane.
pub struct Gateway {
    pub address: SocketAddr,
    pub handle: Handle,
    publisher: source::MemoryPublisher,
}

impl Gateway {
    /// Starts one with `config` in force, on one worker so that pools are not spread.
    pub async fn start(config: &Config) -> Self {
        let mut gateway = Self::empty();
        gateway.force(config.snapshot(0)).await;
        gateway
    }

    /// Starts one that has no configuration yet.
    pub fn empty() -> Self {
        let (publisher, source) = source::memory();
        let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
        let options = Options { threads: NonZeroUsize::MIN, admin: Some(address), ..Options::new() };
        let handle = start(&options, Box::new(source)).unwrap();
        Self { address, handle, publisher }
    }

    /// Puts a snapshot in force, of which no part may be rejected.
    pub async fn force(&mut self, snapshot: Snapshot) {
        let ack = self.publisher.publish(snapshot).await.unwrap();
        assert!(ack.rejected.is_empty(), "{:?}", ack.rejected);
        self.address = self.handle.status().addresses[0].1;
    }

    /// One GET of the admin server.
    pub async fn admin(&self, path: &str) -> Answer {
        let stream = TcpStream::connect(self.handle.admin().unwrap()).await.unwrap();
        Client { stream, buffer: Vec::new() }.get(path).await
    }

    /// Puts another configuration in force.
    pub async fn apply(&mut self, config: &Config) -> Ack {
        self.publisher.publish(config.snapshot(0)).await.unwrap()
    }

    /// The same, listening on a port of the caller's choice.
    pub async fn apply_on(&mut self, config: &Config, port: u16) -> Ack {
        self.publisher.publish(config.snapshot(port)).await.unwrap()
    }

    /// A fresh connection.
    pub async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap(), buffer: Vec::new() }
    }

    /// One GET on a connection of its own.
    pub async fn get(&self, path: &str) -> Answer {
        self.connect().await.get(path).await
    }
}

/// An HTTP/1.1 client over a raw socket, which sends exactly what it is told.
pub struct Client {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    pub async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: example.com\r\n\r\n")).await;
        self.answer().await
    }

    /// Reads one response with a `Content-Length`, or none.
    pub async fn answer(&mut self) -> Answer {
        within(async {
            let end = loop {
                if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    break at + 4;
                }
                assert!(self.fill().await, "closed after {:?}", String::from_utf8_lossy(&self.buffer));
            };
            let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            while self.buffer.len() < length {
                assert!(self.fill().await, "closed within a body");
            }
            let body = String::from_utf8(self.buffer.drain(..length).collect()).unwrap();
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            Answer { status, head, body }
        })
        .await
    }

    async fn fill(&mut self) -> bool {
        let mut piece = [0; 1024];
        let count = self.stream.read(&mut piece).await.unwrap_or(0);
        self.buffer.extend_from_slice(&piece[..count]);
        count > 0
    }

    /// Waits until the other end closes; what came before is in the answer.
    pub async fn closed(&mut self) -> String {
        within(async {
            while self.fill().await {}
            String::from_utf8_lossy(&self.buffer).into_owned()
        })
        .await
    }
}

/// Runs `future`, but not for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("takes too long")
}

/// A backend that treats each connection with `serve`, which gets the connection's number.
pub async fn backend<F, Fut>(serve: F) -> SocketAddr
where
    F: Fn(usize, TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(number, stream));
            number += 1;
        }
    });
    address
}

/// Reads one request with a `Content-Length`, or none, as text. `None` at the end of the connection.
pub async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(at) = text.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..at]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if text.len() >= at + 4 + length {
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
        }
        match stream.read(&mut piece).await.unwrap_or(0) {
            0 => return None,
            count => text.extend_from_slice(&piece[..count]),
        }
    }
}

/// Writes a response.
pub async fn respond(stream: &mut TcpStream, status: u16, body: &str) {
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // A gateway that gave the try up has closed.
    let _ = stream.write_all(text.as_bytes()).await;
}

/// A backend that answers every request on every connection with `text`.
pub async fn fixed(text: &'static str) -> SocketAddr {
    backend(move |_, mut stream| async move {
        while request(&mut stream).await.is_some() {
            respond(&mut stream, 200, text).await;
        }
    })
    .await
}

/// An address that refuses connections.
pub async fn refused() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}
