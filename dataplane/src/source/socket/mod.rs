//! Snapshots from a controller in another process, over a Unix socket.
//!
//! Whatever becomes of the connection, the dataplane serves on: the source only waits longer for its next update.

mod connection;
mod retry;

use super::{Ack, Held, SnapshotSource, SourceFuture, Update};
use connection::{Connecting, Connection, ConnectionError};
use corten_snapshot::frame::{Frame, MAX_FRAME};
use retry::Retry;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time;

/// Where the controller is, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct SocketConfig {
    /// The socket.
    pub path: PathBuf,
    /// Longest frame, in bytes.
    pub max_frame: usize,
    /// The pause after the first failure; it doubles with each further one. Of each pause up to half is taken off
    /// at random, so that dataplanes do not come all at once.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// The pause after the controller turned out to be of another version.
    pub mismatch_pause: Duration,
    /// A controller that says nothing for this long is given up; it pings far more often.
    pub silence: Duration,
}

impl SocketConfig {
    /// The usual times for the socket at `path`.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            max_frame: MAX_FRAME,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(5),
            mismatch_pause: Duration::from_secs(30),
            silence: Duration::from_secs(20),
        }
    }
}

/// The dataplane's end of the socket. See [`corten_snapshot::frame`] for the conversation.
#[derive(Debug)]
pub struct SocketSource {
    config: SocketConfig,
    held: Held,
    connecting: Option<Connecting>,
    connection: Option<Connection>,
    retry: Retry,
}

impl SocketSource {
    /// A source that tells the controller that `held` is held already. It connects when it is first asked.
    pub fn new(config: SocketConfig, held: Held) -> Self {
        let retry = Retry::new(config.first_pause, config.longest_pause);
        Self { config, held, connecting: None, connection: None, retry }
    }

    /// One step towards an update: connects, or handles one frame.
    async fn step(&mut self) -> Result<Option<Update>, ConnectionError> {
        let Some(connection) = &mut self.connection else {
            self.connect().await?;
            return Ok(None);
        };
        match connection.receive().await? {
            Frame::Hello(hello) => {
                connection.greeted(&hello)?;
                self.retry.succeeded();
                tracing::info!(path = %self.config.path.display(), "connected to the controller");
                Ok(None)
            }
            Frame::Update(update) if connection.is_greeted() => {
                connection.asked = true;
                Ok(Some(update))
            }
            Frame::Ping => {
                connection.send(&Frame::Pong)?;
                Ok(None)
            }
            Frame::Pong => Ok(None),
            Frame::Update(_) | Frame::Ack(_) => Err(ConnectionError::OutOfTurn),
        }
    }

    /// Waits until it is time, and connects. It goes on where a dropped future left it.
    async fn connect(&mut self) -> Result<(), ConnectionError> {
        if let Some(until) = self.retry.until() {
            time::sleep_until(until).await;
        }
        let connecting =
            self.connecting.get_or_insert_with(|| Connecting::start(self.config.clone(), self.held));
        let result = connecting.finish().await;
        self.connecting = None;
        self.connection = Some(result?);
        Ok(())
    }

    /// Gives the connection up and plans the next try.
    fn lost(&mut self, error: &ConnectionError) {
        self.connection = None;
        let path = self.config.path.display();
        if let ConnectionError::Schema(_) = error {
            self.retry.failed_for(self.config.mismatch_pause);
            tracing::error!(%path, %error, "no updates from this controller; what is in effect stays");
        } else if self.retry.failed() == 1 {
            tracing::warn!(%path, %error, "the controller is away; what is in effect stays");
        } else {
            tracing::debug!(%path, %error, "the controller is still away");
        }
    }
}

impl SnapshotSource for SocketSource {
    fn next(&mut self) -> SourceFuture<'_, Update> {
        Box::pin(async move {
            loop {
                match self.step().await {
                    Ok(Some(update)) => return Ok(update),
                    Ok(None) => {}
                    Err(error) => self.lost(&error),
                }
            }
        })
    }

    fn ack(&mut self, ack: Ack) -> SourceFuture<'_, ()> {
        Box::pin(async move {
            self.held = Held { hash: ack.hash, revision: ack.revision };
            // A connection that delivered nothing yet waits for no answer; its Hello says what was held.
            if let Some(connection) = self.connection.as_mut().filter(|connection| connection.asked) {
                connection.listen();
                let sent = match connection.send(&Frame::Ack(ack)) {
                    Ok(()) => connection.flush().await,
                    Err(error) => Err(error),
                };
                if let Err(error) = sent {
                    self.lost(&error);
                }
            }
            // Without a connection the next Hello says what is held, and the controller asks again.
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
