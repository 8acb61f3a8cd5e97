//! Bodies that pass through: what is read from clients ([`RequestBody`]) and what is written to them
//! ([`ResponseBody`]). Frames are handed on as they come; nothing is collected here.

mod guarded;
pub(crate) mod handed;
mod replay;
mod response;

pub(crate) use guarded::{BodyFault, Guarded};
pub(crate) use replay::{Recording, Replay};
pub(crate) use response::ResponseBody;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::mpsc;

/// The body of a request that goes upstream.
pub(crate) enum RequestBody {
    /// None.
    Empty,
    /// The client's, watched for size and pauses.
    Client(Box<Guarded>),
    /// The client's, recorded so that it can be sent again.
    Replay(Replay),
    /// A copy for a mirror. It ends early when the mirror cannot keep up.
    Copy(mpsc::Receiver<Frame<Bytes>>),
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Client(body) => body.poll_frame(cx),
            Self::Replay(body) => body.poll_frame(cx),
            Self::Copy(frames) => frames.poll_recv(cx).map(|frame| frame.map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Client(body) => body.is_end_stream(),
            Self::Replay(body) => body.is_end_stream(),
            Self::Copy(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Client(body) => body.size_hint(),
            Self::Replay(body) => body.size_hint(),
            Self::Copy(_) => SizeHint::default(),
        }
    }
}
