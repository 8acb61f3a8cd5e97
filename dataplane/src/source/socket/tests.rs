use super::*;
use crate::source::testing::{delta, snapshot, taken, taken_without};
use corten_snapshot::{
    ContentHash, Snapshot,
    frame::{Decoder, Hello, encode},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    time::timeout,
};

const SOON: Duration = Duration::from_secs(20);

/// A controller that the test speaks for, frame by frame.
struct Controller {
    dir: TempDir,
    listener: UnixListener,
}

struct Peer {
    stream: UnixStream,
    decoder: Decoder,
}

impl Controller {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
        Self { dir, listener }
    }

    fn source(&self, held: Held) -> SocketSource {
        let mut config = SocketConfig::new(&self.dir.path().join("socket"));
        config.first_pause = Duration::from_millis(1);
        config.longest_pause = Duration::from_millis(10);
        SocketSource::new(config, held)
    }

    async fn accept(&self) -> Peer {
        let (stream, _) = timeout(SOON, self.listener.accept()).await.expect("a connection").unwrap();
        Peer { stream, decoder: Decoder::new(MAX_FRAME) }
    }

    /// Accepts, exchanges greetings, and returns what the dataplane said.
    async fn greet(&self) -> (Peer, Hello) {
        let mut peer = self.accept().await;
        let Some(Frame::Hello(hello)) = peer.receive().await else { panic!("no greeting") };
        peer.send(&Frame::Hello(Hello::new(ContentHash::default(), 0))).await;
        (peer, hello)
    }
}

impl Peer {
    async fn send(&mut self, frame: &Frame) {
        self.stream.write_all(&encode(frame, MAX_FRAME).unwrap()).await.unwrap();
    }

    /// The next frame; `None`: the dataplane closed.
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
}

/// Lets the source work while the test speaks for the controller; the source must not find an update.
async fn while_waiting<T>(source: &mut SocketSource, controller: impl Future<Output = T>) -> T {
    tokio::select! {
        update = source.next() => panic!("unexpected {update:?}"),
        result = controller => result,
    }
}

async fn next(source: &mut SocketSource) -> Update {
    timeout(SOON, source.next()).await.expect("an update").unwrap()
}

fn held(snapshot: &Snapshot, revision: u64) -> Held {
    Held { hash: snapshot.hash(), revision }
}

#[tokio::test]
async fn it_greets_receives_and_acknowledges() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let (mut peer, hello) = while_waiting(&mut source, controller.greet()).await;
    assert_eq!(hello, Hello::new(ContentHash::default(), 0));

    let (one, two) = (snapshot(&[("a", "1")]), snapshot(&[("a", "2")]));
    peer.send(&Frame::Update(Update::full(1, one.clone()))).await;
    let update = next(&mut source).await;
    assert_eq!(update, Update::full(1, one.clone()));
    source.ack(taken_without(&update, &["a"])).await.unwrap();
    assert_eq!(peer.receive().await, Some(Frame::Ack(taken_without(&update, &["a"]))));

    peer.send(&Frame::Update(delta(2, &one, &two))).await;
    assert_eq!(next(&mut source).await, delta(2, &one, &two));
}

#[tokio::test]
async fn pings_are_answered() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let (mut peer, _) = while_waiting(&mut source, controller.greet()).await;
    peer.send(&Frame::Ping).await;
    assert_eq!(while_waiting(&mut source, peer.receive()).await, Some(Frame::Pong));
}

#[tokio::test]
async fn what_is_held_is_said_at_the_start_and_after_each_reconnect() {
    let controller = Controller::new();
    let start = snapshot(&[("a", "1")]);
    let mut source = controller.source(held(&start, 4));
    let (mut peer, hello) = while_waiting(&mut source, controller.greet()).await;
    assert_eq!(hello, Hello::new(start.hash(), 4));

    let update = Update::full(5, snapshot(&[("a", "2")]));
    peer.send(&Frame::Update(update.clone())).await;
    next(&mut source).await;
    source.ack(taken(&update)).await.unwrap();
    drop(peer);
    let (_, hello) = while_waiting(&mut source, controller.greet()).await;
    assert_eq!(hello, Hello::new(update.hash(), 5));
}

#[tokio::test]
async fn an_ack_that_finds_no_controller_is_not_lost() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let (mut peer, _) = while_waiting(&mut source, controller.greet()).await;
    let update = Update::full(1, snapshot(&[("a", "1")]));
    peer.send(&Frame::Update(update.clone())).await;
    next(&mut source).await;
    drop(peer);
    source.ack(taken(&update)).await.unwrap();
    let (_, hello) = while_waiting(&mut source, controller.greet()).await;
    assert_eq!(hello.hash, update.hash());
}

#[tokio::test]
async fn an_update_may_be_answered_again_but_only_where_it_came_from() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let (mut peer, _) = while_waiting(&mut source, controller.greet()).await;
    let update = Update::full(1, snapshot(&[("a", "1")]));
    peer.send(&Frame::Update(update.clone())).await;
    next(&mut source).await;
    for ack in [taken_without(&update, &["a"]), taken(&update)] {
        source.ack(ack.clone()).await.unwrap();
        assert_eq!(peer.receive().await, Some(Frame::Ack(ack)));
    }
    drop(peer);
    let (mut peer, _) = while_waiting(&mut source, controller.greet()).await;
    source.ack(taken(&update)).await.unwrap();
    peer.send(&Frame::Ping).await;
    assert_eq!(while_waiting(&mut source, peer.receive()).await, Some(Frame::Pong), "and no ack before");
}

#[tokio::test]
async fn it_waits_for_a_controller_that_comes_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let mut config = SocketConfig::new(&path);
    config.first_pause = Duration::from_millis(1);
    let mut source = SocketSource::new(config, Held::default());
    let error = source.step().await.unwrap_err();
    assert!(matches!(&error, ConnectionError::Io(_)), "{error}");
    source.lost(&error);
    let controller = Controller { listener: UnixListener::bind(&path).unwrap(), dir };
    while_waiting(&mut source, controller.greet()).await;
}

#[tokio::test]
async fn a_controller_of_another_version_is_left_and_tried_again_later() {
    let controller = Controller::new();
    let mut source = controller.source(held(&snapshot(&[("a", "1")]), 1));
    source.config.mismatch_pause = Duration::from_secs(3600);
    let mut peer = while_waiting(&mut source, controller.accept()).await;
    let other = Hello { schema: ContentHash([1; 32]), hash: ContentHash::default(), revision: 0 };
    peer.send(&Frame::Hello(other)).await;
    while_waiting(&mut source, async { while peer.receive().await.is_some() {} }).await;
    let pause = source.retry.until().unwrap() - time::Instant::now();
    assert!(pause > Duration::from_secs(1000), "{pause:?}");
    assert!(source.connection.is_none());
}

#[tokio::test]
async fn a_controller_that_breaks_the_rules_is_left() {
    let update = Frame::Update(Update::full(1, snapshot(&[("a", "1")])));
    let mut wrong = snapshot(&[("a", "1")]);
    wrong.apply(corten_snapshot::Delta::default());
    let lie = Frame::Update(Update::Full { revision: 1, hash: ContentHash([7; 32]), snapshot: wrong });
    let hello = Frame::Hello(Hello::new(ContentHash::default(), 0));
    let ack = Frame::Ack(Ack::default());
    for frames in [vec![&update], vec![&hello, &ack], vec![&hello, &hello], vec![&hello, &lie]] {
        let controller = Controller::new();
        let mut source = controller.source(Held::default());
        let mut peer = while_waiting(&mut source, controller.accept()).await;
        for frame in &frames {
            peer.send(frame).await;
        }
        while_waiting(&mut source, async { while peer.receive().await.is_some() {} }).await;
        while_waiting(&mut source, controller.greet()).await;
    }
}

#[tokio::test]
async fn garbage_over_long_and_cut_frames_end_the_connection() {
    for bytes in [&[0xff; 4][..], &[0, 0, 0, 1, 9], &[0, 0, 0, 9, 1]] {
        let controller = Controller::new();
        let mut source = controller.source(Held::default());
        let (mut peer, _) = while_waiting(&mut source, controller.greet()).await;
        peer.stream.write_all(bytes).await.unwrap();
        peer.stream.shutdown().await.unwrap();
        while_waiting(&mut source, async { while peer.receive().await.is_some() {} }).await;
        while_waiting(&mut source, controller.greet()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_controller_is_given_up() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let (first, _) = while_waiting(&mut source, controller.greet()).await;
    // Time is paused: it jumps over the silence as soon as nothing else can happen.
    let start = time::Instant::now();
    let error = loop {
        if let Err(error) = source.step().await {
            break error;
        }
    };
    assert!(matches!(error, ConnectionError::Silent(_)), "{error}");
    assert!(start.elapsed() >= source.config.silence);
    drop(first);
}

#[tokio::test]
async fn a_next_that_is_dropped_all_the_time_still_gets_there() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let update = Update::full(1, snapshot(&[("a", &"x".repeat(1 << 20))]));
    let sent = Frame::Update(update.clone());
    let task = tokio::spawn(async move {
        let (mut peer, _) = controller.greet().await;
        peer.send(&Frame::Ping).await;
        peer.send(&sent).await;
        [peer.receive().await, peer.receive().await]
    });
    let got = loop {
        let mut next = source.next();
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx))).await;
        drop(next);
        match polled {
            std::task::Poll::Ready(update) => break update.unwrap(),
            std::task::Poll::Pending => tokio::task::yield_now().await,
        }
    };
    assert_eq!(got, update);
    source.ack(taken(&got)).await.unwrap();
    assert_eq!(task.await.unwrap(), [Some(Frame::Pong), Some(Frame::Ack(taken(&update)))]);
}

#[tokio::test(start_paused = true)]
async fn a_controller_is_given_up_even_if_next_is_dropped_now_and_then() {
    let controller = Controller::new();
    let mut source = controller.source(Held::default());
    let (_peer, _) = while_waiting(&mut source, controller.greet()).await;
    for _ in 0..30 {
        assert!(timeout(Duration::from_secs(1), source.next()).await.is_err());
    }
    timeout(SOON, controller.listener.accept()).await.expect("a second connection").unwrap();
}
