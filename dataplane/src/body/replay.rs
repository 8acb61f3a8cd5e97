//! A request body that can be sent more than once.

use super::guarded::{BodyFault, Guarded};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use std::{
    sync::Arc,
    task::{Context, Poll},
};

/// What has been read of a body so far, shared by its tries.
pub(crate) struct Recording(Arc<Mutex<Shared>>);

struct Shared {
    source: Guarded,
    kept: Vec<Bytes>,
    room: usize,
    overflowed: bool,
    trailers: Option<http::HeaderMap>,
    ended: bool,
    size: SizeHint,
}

impl Recording {
    /// Records `source`, keeping at most `room` bytes.
    pub(crate) fn new(source: Guarded, room: usize) -> Self {
        let size = source.size_hint();
        let shared =
            Shared { source, kept: Vec::new(), room, overflowed: false, trailers: None, ended: false, size };
        Self(Arc::new(Mutex::new(shared)))
    }

    /// Whether the body can be sent once more from its start.
    pub(crate) fn replayable(&self) -> bool {
        !self.0.lock().overflowed
    }

    /// The body from its start. Only the newest view may be read.
    pub(crate) fn view(&self) -> Replay {
        Replay { shared: self.0.clone(), place: Place::default() }
    }
}

/// One try's view of a recorded body.
pub(crate) struct Replay {
    shared: Arc<Mutex<Shared>>,
    place: Place,
}

/// Where a view stands.
#[derive(Default)]
struct Place {
    /// The next kept piece; [`LIVE`] for the view that was reading when the recording overflowed.
    next: usize,
    trailers_sent: bool,
}

const LIVE: usize = usize::MAX;

impl Replay {
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let mut shared = self.shared.lock();
        if shared.overflowed && self.place.next != LIVE {
            return Poll::Ready(Some(Err(BodyFault::NotReplayable)));
        }
        if let Some(data) = shared.kept.get(self.place.next) {
            self.place.next += 1;
            return Poll::Ready(Some(Ok(Frame::data(data.clone()))));
        }
        if shared.ended {
            let trailers = shared.trailers.clone().filter(|_| !self.place.trailers_sent);
            self.place.trailers_sent = true;
            return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        }
        match std::task::ready!(shared.source.poll_frame(cx)) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(shared.record(frame, &mut self.place)))),
            Some(Err(fault)) => Poll::Ready(Some(Err(fault))),
            None => {
                shared.ended = true;
                Poll::Ready(None)
            }
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        let shared = self.shared.lock();
        let read = self.place.next >= shared.kept.len();
        read && ((shared.ended && shared.trailers.is_none()) || shared.source.is_end_stream())
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let shared = self.shared.lock();
        if self.place.next == 0 { shared.size } else { SizeHint::default() }
    }
}

impl Shared {
    /// Keeps what fits. The first frame that does not ends the recording: what was kept is let go, and
    /// the body can be sent this once only.
    fn record(&mut self, frame: Frame<Bytes>, place: &mut Place) -> Frame<Bytes> {
        if let Some(data) = frame.data_ref() {
            match self.room.checked_sub(data.len()) {
                Some(room) if !self.overflowed => {
                    self.room = room;
                    self.kept.push(data.clone());
                    place.next += 1;
                }
                _ => {
                    self.overflowed = true;
                    self.kept.clear();
                    place.next = LIVE;
                }
            }
        } else if let Some(trailers) = frame.trailers_ref() {
            self.trailers = Some(trailers.clone());
            self.ended = true;
            place.trailers_sent = true;
        }
        frame
    }
}
