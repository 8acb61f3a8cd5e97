use super::*;
use corten_snapshot::{
    Ack, Delta, Part, PartKey, Rejected, Trust, TrustKey, Update,
    frame::{Decoder, Frame, Hello, encode},
};
use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    task::JoinHandle,
    time::timeout,
};

const SOON: Duration = Duration::from_secs(20);

fn snapshot(parts: &[(&str, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (name, pem) in parts {
        let key = PartKey::Trust(TrustKey::new(*name));
        snapshot.insert(key, Part::Trust(Trust { pem: (*pem).into() }));
    }
    snapshot
}

fn taken(update: &Update) -> Ack {
    Ack { revision: update.revision(), hash: update.hash(), rejected: Vec::new() }
}

/// A publisher that serves a socket.
struct Server {
    dir: TempDir,
    publisher: Publisher,
    task: JoinHandle<()>,
}

impl Server {
    fn start(config: PublishConfig) -> Self {
        let dir = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap();
        let listener = Listener::bind(&dir.path().join("socket")).unwrap();
        let publisher = Publisher::new(config);
        let serving = publisher.clone();
        let task = tokio::spawn(async move { serving.serve(&listener).await });
        Self { dir, publisher, task }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    async fn connect(&self) -> Dataplane {
        let stream = UnixStream::connect(self.path()).await.unwrap();
        Dataplane { stream, decoder: Decoder::new(MAX_FRAME) }
    }

    /// A dataplane that holds `hash` and has exchanged greetings.
    async fn greet(&self, hash: ContentHash) -> (Dataplane, Hello) {
        let mut dataplane = self.connect().await;
        dataplane.send(&Frame::Hello(Hello::new(hash, 1))).await;
        let Some(Frame::Hello(hello)) = dataplane.receive().await else { panic!("no greeting") };
        (dataplane, hello)
    }

    async fn peers_until(&self, condition: impl FnMut(&Peers) -> bool) -> Peers {
        let mut peers = self.publisher.peers();
        timeout(SOON, peers.wait_for(condition)).await.expect("peers").unwrap().clone()
    }
}

/// A dataplane that the test speaks for, frame by frame.
struct Dataplane {
    stream: UnixStream,
    decoder: Decoder,
}

impl Dataplane {
    async fn send(&mut self, frame: &Frame) {
        self.stream.write_all(&encode(frame, MAX_FRAME).unwrap()).await.unwrap();
    }

    /// The next frame; `None`: the controller closed.
    async fn receive(&mut self) -> Option<Frame> {
        let mut chunk = [0; 1000];
        loop {
            if let Some(frame) = self.decoder.next().unwrap() {
                return Some(frame);
            }
            match timeout(SOON, self.stream.read(&mut chunk)).await.expect("a frame").unwrap_or(0) {
                0 => return None,
                length => self.decoder.push(&chunk[..length]),
            }
        }
    }

    /// The next update; pings before it are answered.
    async fn update(&mut self) -> Update {
        loop {
            match self.receive().await {
                Some(Frame::Update(update)) => return update,
                Some(Frame::Ping) => self.send(&Frame::Pong).await,
                other => panic!("no update but {other:?}"),
            }
        }
    }

    async fn take(&mut self) -> Update {
        let update = self.update().await;
        self.send(&Frame::Ack(taken(&update))).await;
        update
    }

    async fn is_closed(&mut self) -> bool {
        loop {
            match self.receive().await {
                None => return true,
                Some(Frame::Ping | Frame::Hello(_)) => {}
                Some(_) => return false,
            }
        }
    }
}

#[tokio::test]
async fn a_new_dataplane_gets_everything_and_then_differences() {
    let server = Server::start(PublishConfig::default());
    let (one, two) = (snapshot(&[("a", "1")]), snapshot(&[("a", "1"), ("b", "1")]));
    assert_eq!(server.publisher.publish(one.clone()), 1);
    let (mut dataplane, hello) = server.greet(ContentHash::default()).await;
    assert_eq!((hello.hash, hello.revision), (one.hash(), 1));
    assert_eq!(dataplane.take().await, Update::full(1, one.clone()));
    assert_eq!(server.publisher.publish(two.clone()), 2);
    let expected = Update::Delta { revision: 2, base: one.hash(), hash: two.hash(), delta: two.diff(&one) };
    assert_eq!(dataplane.take().await, expected);
    let peers = timeout(SOON, server.publisher.acknowledged(2)).await.unwrap();
    assert_eq!(
        peers.iter().map(|(_, peer)| (peer.revision, peer.hash)).collect::<Vec<_>>(),
        [(2, two.hash())]
    );
}

#[tokio::test]
async fn a_dataplane_that_holds_the_newest_gets_only_its_revision() {
    let server = Server::start(PublishConfig::default());
    let state = snapshot(&[("a", "1")]);
    server.publisher.publish(state.clone());
    let (mut dataplane, _) = server.greet(state.hash()).await;
    let (base, hash) = (state.hash(), state.hash());
    assert_eq!(dataplane.take().await, Update::Delta { revision: 1, base, hash, delta: Delta::default() });
    timeout(SOON, server.publisher.acknowledged(1)).await.unwrap();
}

#[tokio::test]
async fn a_dataplane_that_holds_something_else_gets_everything() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut dataplane, _) = server.greet(snapshot(&[("z", "1")]).hash()).await;
    assert_eq!(dataplane.take().await, Update::full(1, snapshot(&[("a", "1")])));
}

#[tokio::test]
async fn dataplanes_wait_for_the_first_state() {
    let server = Server::start(PublishConfig::default());
    let (mut dataplane, hello) = server.greet(ContentHash::default()).await;
    assert_eq!((hello.hash, hello.revision), (ContentHash::default(), 0));
    server.peers_until(|peers| peers.len() == 1).await;
    server.publisher.publish(Snapshot::default());
    assert_eq!(dataplane.take().await, Update::full(1, Snapshot::default()));
}

#[tokio::test]
async fn rejected_parts_are_told_and_may_be_taken_back() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    let update = dataplane.update().await;
    let rejected = vec![Rejected { key: PartKey::Trust(TrustKey::new("a")), reason: "port in use".into() }];
    dataplane.send(&Frame::Ack(Ack { rejected: rejected.clone(), ..taken(&update) })).await;
    let peers = timeout(SOON, server.publisher.acknowledged(1)).await.unwrap();
    assert_eq!(peers.rejected(), rejected);
    // Later the dataplane could put it in effect after all.
    dataplane.send(&Frame::Ack(taken(&update))).await;
    server.peers_until(|peers| peers.have_acknowledged(1) && peers.rejected().is_empty()).await;
}

#[tokio::test]
async fn a_delta_that_is_not_taken_is_followed_by_everything() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    dataplane.take().await;
    server.publisher.publish(snapshot(&[("a", "2")]));
    let delta = dataplane.update().await;
    assert!(matches!(delta, Update::Delta { .. }));
    dataplane.send(&Frame::Ack(Ack { hash: ContentHash([3; 32]), ..taken(&delta) })).await;
    assert_eq!(dataplane.take().await, Update::full(2, snapshot(&[("a", "2")])));
    timeout(SOON, server.publisher.acknowledged(2)).await.unwrap();
}

#[tokio::test]
async fn a_state_that_is_never_taken_is_not_sent_again_but_the_next_is() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    for _ in 0..2 {
        let update = dataplane.update().await;
        dataplane.send(&Frame::Ack(Ack { hash: ContentHash::default(), ..taken(&update) })).await;
    }
    server.publisher.publish(snapshot(&[("a", "2")]));
    assert_eq!(dataplane.take().await, Update::full(2, snapshot(&[("a", "2")])));
}

#[tokio::test]
async fn a_slow_dataplane_gets_the_newest_state_only() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "0")]));
    let (mut slow, _) = server.greet(ContentHash::default()).await;
    let (mut quick, _) = server.greet(ContentHash::default()).await;
    let first = slow.update().await;
    quick.take().await;
    for count in 1..=5 {
        let revision = server.publisher.publish(snapshot(&[("a", &count.to_string())]));
        assert_eq!(quick.take().await.revision(), revision);
    }
    slow.send(&Frame::Ack(taken(&first))).await;
    let update = slow.take().await;
    assert_eq!((update.revision(), update.hash()), (6, snapshot(&[("a", "5")]).hash()));
    timeout(SOON, server.publisher.acknowledged(6)).await.unwrap();
}

#[tokio::test]
async fn an_equal_snapshot_is_not_published_again() {
    let server = Server::start(PublishConfig::default());
    assert_eq!(server.publisher.publish(snapshot(&[("a", "1")])), 1);
    assert_eq!(server.publisher.publish(snapshot(&[("a", "1")])), 1);
    assert_eq!(server.publisher.publish(snapshot(&[("a", "2")])), 2);
    assert_eq!(server.publisher.publish(snapshot(&[("a", "1")])), 3);
}

#[tokio::test]
async fn another_version_is_told_ours_and_turned_away() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let mut dataplane = server.connect().await;
    let hello = Hello { schema: ContentHash([1; 32]), hash: ContentHash::default(), revision: 0 };
    dataplane.send(&Frame::Hello(hello)).await;
    let Some(Frame::Hello(ours)) = dataplane.receive().await else { panic!("no greeting") };
    assert_eq!(ours.schema, corten_snapshot::schema_hash());
    assert!(dataplane.is_closed().await);
    server.peers_until(Peers::is_empty).await;
}

#[tokio::test]
async fn a_dataplane_that_breaks_the_rules_is_disconnected_alone() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut good, _) = server.greet(ContentHash::default()).await;
    good.take().await;
    let hello = Frame::Hello(Hello::new(snapshot(&[("a", "1")]).hash(), 0));
    let wrong_ack = Frame::Ack(Ack { revision: 9, ..Ack::default() });
    for frames in
        [vec![&Frame::Ping], vec![&hello, &Frame::Ping], vec![&hello, &hello], vec![&hello, &wrong_ack]]
    {
        let mut bad = server.connect().await;
        for frame in frames {
            bad.send(frame).await;
        }
        // What was on its way to it may come first.
        while bad.receive().await.is_some() {}
    }
    for garbage in [&[0xff; 8][..], &[0, 0, 0, 1, 9], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut bad = server.connect().await;
        bad.stream.write_all(garbage).await.unwrap();
        assert!(bad.is_closed().await);
    }
    server.peers_until(|peers| peers.len() == 1).await;
    server.publisher.publish(snapshot(&[("a", "2")]));
    assert_eq!(good.take().await.revision(), 2);
}

#[tokio::test]
async fn too_many_dataplanes_are_turned_away() {
    let server = Server::start(PublishConfig { max_peers: 1, ..PublishConfig::default() });
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut first, _) = server.greet(ContentHash::default()).await;
    assert!(server.connect().await.is_closed().await);
    assert_eq!(first.take().await.revision(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_dataplane_is_pinged_and_a_silent_one_disconnected() {
    let server = Server::start(PublishConfig::default());
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    // Time is paused: it jumps to the next timer as soon as nothing else can happen.
    for _ in 0..10 {
        assert_eq!(dataplane.receive().await, Some(Frame::Ping));
        dataplane.send(&Frame::Pong).await;
    }
    assert!(dataplane.is_closed().await);
    server.peers_until(Peers::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn a_dataplane_that_does_not_answer_an_update_is_disconnected() {
    let server = Server::start(PublishConfig { ack: Duration::from_secs(5), ..PublishConfig::default() });
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    dataplane.update().await;
    assert!(dataplane.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_dataplane_that_does_not_read_is_disconnected() {
    let server = Server::start(PublishConfig::default());
    // Far more than a socket's buffer takes.
    server.publisher.publish(snapshot(&[("a", &"x".repeat(8 << 20))]));
    let _stuck = server.greet(ContentHash::default()).await;
    server.peers_until(|peers| peers.len() == 1).await;
    server.peers_until(Peers::is_empty).await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_say_who_it_is_is_disconnected() {
    let server = Server::start(PublishConfig::default());
    assert!(server.connect().await.is_closed().await);
}

#[tokio::test]
async fn the_end_of_serving_closes_every_connection() {
    let server = Server::start(PublishConfig::default());
    server.publisher.publish(snapshot(&[("a", "1")]));
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    dataplane.take().await;
    server.task.abort();
    assert!(dataplane.is_closed().await);
    server.peers_until(Peers::is_empty).await;
    assert!(!server.path().exists());
}

#[tokio::test]
async fn a_file_is_published_and_followed() {
    let server = Server::start(PublishConfig::default());
    let path = server.dir.path().join("snapshot");
    let write = |pem: &str| corten_snapshot::file::write(&path, 1, &snapshot(&[("a", pem)])).unwrap();
    let (publisher, followed) = (server.publisher.clone(), path.clone());
    let following = tokio::spawn(async move { follow(&followed, MAX_FRAME, &publisher).await });
    let (mut dataplane, _) = server.greet(ContentHash::default()).await;
    write("1");
    assert_eq!(dataplane.take().await, Update::full(1, snapshot(&[("a", "1")])));
    write("2");
    assert_eq!(dataplane.take().await.hash(), snapshot(&[("a", "2")]).hash());
    following.abort();
}
