//! The conversation with one dataplane.

use super::{
    PublishConfig, Published,
    framed::{Framed, PeerError},
    peers::Registration,
};
use corten_snapshot::{
    Ack, ContentHash, Delta, Update,
    frame::{Frame, Hello},
};
use std::sync::Arc;
use tokio::{
    net::UnixStream,
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

type Newest = watch::Receiver<Option<Arc<Published>>>;

/// Talks to a dataplane until one of the two goes. It is among the peers once it has said who it is.
pub(super) async fn run(
    stream: UnixStream,
    config: PublishConfig,
    newest: Newest,
    register: impl FnOnce() -> Registration,
) {
    match talk(stream, config, newest, register).await {
        Err(PeerError::Closed) => tracing::info!("a dataplane has gone"),
        Err(error @ PeerError::Schema(_)) => tracing::error!(%error, "a dataplane was turned away"),
        Err(error) => tracing::warn!(%error, "a dataplane was disconnected"),
        Ok(()) => {}
    }
}

async fn talk(
    stream: UnixStream,
    config: PublishConfig,
    newest: Newest,
    register: impl FnOnce() -> Registration,
) -> Result<(), PeerError> {
    let mut framed = Framed::new(stream, config.max_frame, config.transfer);
    let held = greet(&mut framed, &config, &newest).await?;
    let registration = register();
    Conversation { framed, config, newest, registration, held, base: None, sent: 0 }.go_on().await
}

/// Each says who it is; ours goes out even to another version, so that it knows why it is left. Returns what
/// the dataplane holds.
async fn greet(
    framed: &mut Framed,
    config: &PublishConfig,
    newest: &Newest,
) -> Result<ContentHash, PeerError> {
    let late = PeerError::Late { what: "say who it is", limit: config.transfer };
    let frame = timeout(config.transfer, framed.receive()).await.map_err(|_| late)??;
    let Frame::Hello(hello) = frame else { return Err(PeerError::OutOfTurn) };
    let (hash, revision) =
        newest.borrow().as_ref().map_or_else(Default::default, |state| (state.hash, state.revision));
    framed.send(&Frame::Hello(Hello::new(hash, revision))).await?;
    hello.check_schema()?;
    tracing::info!(holds = %hello.hash, revision = hello.revision, "a dataplane has connected");
    Ok(hello.hash)
}

struct Conversation {
    framed: Framed,
    config: PublishConfig,
    newest: Newest,
    registration: Registration,
    /// What the dataplane says that it holds.
    held: ContentHash,
    /// The state that it holds, if it was published here.
    base: Option<Arc<Published>>,
    /// Revision sent last; 0: none yet.
    sent: u64,
}

impl Conversation {
    /// Returns without an error when the publisher is gone.
    async fn go_on(&mut self) -> Result<(), PeerError> {
        while let Some(newest) = self.wait().await? {
            if !self.update(&newest).await? && !self.update(&newest).await? {
                // Sent whole and still not taken. Once more would not help; the next state may.
                tracing::error!(revision = newest.revision, "a dataplane does not take the snapshot");
            }
        }
        Ok(())
    }

    /// Waits for a state that was not sent yet, and keeps the connection alive meanwhile.
    async fn wait(&mut self) -> Result<Option<Arc<Published>>, PeerError> {
        let (mut heard, mut asked) = (Instant::now(), Instant::now());
        loop {
            let newest = self.newest.borrow_and_update().clone();
            if let Some(newest) = newest.filter(|newest| newest.revision != self.sent) {
                return Ok(Some(newest));
            }
            let wake = (asked + self.config.ping).min(heard + self.config.silence);
            tokio::select! {
                changed = self.newest.changed() => if changed.is_err() { return Ok(None) },
                frame = timeout_at(wake, self.framed.receive()) => match frame {
                    Ok(frame) => {
                        self.heard(frame?)?;
                        heard = Instant::now();
                    }
                    Err(_) if heard.elapsed() >= self.config.silence => {
                        return Err(PeerError::Late { what: "answer a ping", limit: self.config.silence });
                    }
                    Err(_) => {
                        self.framed.send(&Frame::Ping).await?;
                        asked = Instant::now();
                    }
                },
            }
        }
    }

    /// A frame that was not waited for: an answer to a ping, or another answer to the last update, because more
    /// or less of it is in effect by now.
    fn heard(&mut self, frame: Frame) -> Result<(), PeerError> {
        match frame {
            Frame::Pong => Ok(()),
            Frame::Ack(ack) if self.sent > 0 && ack.revision == self.sent && ack.hash == self.held => {
                self.registration.acknowledged(ack);
                Ok(())
            }
            _ => Err(PeerError::OutOfTurn),
        }
    }

    /// Sends `newest` and waits for the answer. `false`: the dataplane holds something else.
    async fn update(&mut self, newest: &Arc<Published>) -> Result<bool, PeerError> {
        let update = self.update_to(newest);
        log(&update);
        self.sent = newest.revision;
        self.framed.send(&Frame::Update(update)).await?;
        let late = PeerError::Late { what: "answer an update", limit: self.config.ack };
        let ack = timeout(self.config.ack, self.answer()).await.map_err(|_| late)??;
        let taken = ack.hash == newest.hash;
        self.held = ack.hash;
        self.base = taken.then(|| Arc::clone(newest));
        if taken {
            self.registration.acknowledged(ack);
        }
        Ok(taken)
    }

    /// The least that brings the dataplane from what it holds to `newest`.
    fn update_to(&self, newest: &Published) -> Update {
        let Published { revision, hash, ref snapshot } = *newest;
        let delta = |base, delta| Update::Delta { revision, base, hash, delta };
        match &self.base {
            _ if self.held == hash => delta(hash, Delta::default()),
            Some(base) if base.hash == self.held => delta(base.hash, snapshot.diff(&base.snapshot)),
            _ => Update::Full { revision, hash, snapshot: snapshot.clone() },
        }
    }

    async fn answer(&mut self) -> Result<Ack, PeerError> {
        loop {
            match self.framed.receive().await? {
                Frame::Ack(ack) if ack.revision == self.sent => return Ok(ack),
                // Crossed the update on the way: an answer to a ping, or a second one to the update before.
                Frame::Pong => {}
                Frame::Ack(ack) if ack.revision < self.sent && ack.hash == self.held => {}
                _ => return Err(PeerError::OutOfTurn),
            }
        }
    }
}

fn log(update: &Update) {
    let revision = update.revision();
    let (kind, changed, removed) = match update {
        Update::Full { snapshot, .. } => ("full", snapshot.len(), 0),
        Update::Delta { delta, .. } => ("delta", delta.changed.len(), delta.removed.len()),
    };
    tracing::debug!(revision, kind, changed, removed, "update sent");
}
