//! One try: sends a request to one endpoint over a pooled or a new connection.

use super::{
    Cluster, Connector, Lease,
    connect::ConnectError,
    endpoint::{Held, SharedConnection, StreamGuard},
    negotiated,
};
use crate::body::{BodyFault, RequestBody};
use corten_snapshot::UpstreamProtocol;
use http::{Request, Response, header};
use http_body::Body;
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1},
};
use std::error::Error as StdError;

/// A response's head with its body, and the hold on the connection that the body comes from.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) lease: Lease,
}

/// What went wrong with one try.
#[derive(Debug)]
pub(crate) enum SendFault {
    /// No connection came about: nothing was sent.
    Connect(ConnectError),
    /// The connection failed before a response's head had been read.
    Reset(hyper::Error),
    /// The client's body failed.
    Body(BodyFault),
    /// The request has no form in the protocol that the endpoint picked.
    Form(http::Error),
}

/// A failed try.
pub(crate) struct SendError {
    pub(crate) fault: SendFault,
    /// The request, when it is certain that nothing of it was sent.
    pub(crate) unsent: Option<Request<RequestBody>>,
}

impl SendError {
    pub(super) fn connect(error: ConnectError, request: Request<RequestBody>) -> Self {
        Self { fault: SendFault::Connect(error), unsent: Some(request) }
    }

    fn reset(error: hyper::Error) -> Self {
        let fault = match body_fault(&error) {
            Some(fault) => SendFault::Body(fault),
            None => SendFault::Reset(error),
        };
        Self { fault, unsent: None }
    }
}

pub(super) type Sent = Result<Answer, Box<SendError>>;

/// Sends `request` to the leased endpoint. A pooled connection that turns out to be dead is replaced
/// without the caller's knowing: either nothing was sent on it, or the request may be repeated.
pub(crate) async fn send(cluster: &Cluster, lease: Lease, request: Request<RequestBody>) -> Sent {
    match cluster.transport.protocol {
        UpstreamProtocol::Http1 => send1(cluster, lease, request).await,
        UpstreamProtocol::Http2 => Box::pin(send2(cluster, lease, request)).await,
        // An upgrade is HTTP/1.1.
        UpstreamProtocol::Negotiated if request.headers().contains_key(header::UPGRADE) => {
            send1(cluster, lease, request).await
        }
        UpstreamProtocol::Negotiated => Box::pin(negotiated::send(cluster, lease, request)).await,
    }
}

async fn send1(cluster: &Cluster, mut lease: Lease, mut request: Request<RequestBody>) -> Sent {
    if let Some(mut sender) = pooled(&lease) {
        let copy = repeatable(&request);
        match sender.try_send_request(request).await {
            Ok(response) => {
                lease.hold(Held::Http1(sender));
                return Ok(Answer { response, lease });
            }
            Err(error) => request = again(error, copy)?,
        }
    }
    let mut sender = match connector(cluster, &lease).http1().await {
        Ok(sender) => sender,
        Err(error) => return Err(Box::new(SendError::connect(error, request))),
    };
    match sender.try_send_request(request).await {
        Ok(response) => {
            lease.hold(Held::Http1(sender));
            Ok(Answer { response, lease })
        }
        Err(error) => Err(Box::new(failed(error))),
    }
}

/// A pooled connection that can take a request now.
pub(super) fn pooled(lease: &Lease) -> Option<http1::SendRequest<RequestBody>> {
    std::iter::from_fn(|| lease.endpoint.take_idle(lease.worker())).find(http1::SendRequest::is_ready)
}

/// How often a connection that refuses the stream, or closes before it is taken, is left for another: each failed
/// one leaves the pool.
pub(super) const CONNECTIONS: usize = 4;

async fn send2(cluster: &Cluster, mut lease: Lease, mut request: Request<RequestBody>) -> Sent {
    for _ in 0..CONNECTIONS {
        let connection = match shared(cluster, &lease).await {
            Ok(connection) => connection,
            Err(error) => return Err(Box::new(SendError::connect(error, request))),
        };
        match on_stream(connection, &mut lease, request).await? {
            Tried::Answered(response) => return Ok(Answer { response, lease }),
            Tried::Again(unsent) => request = unsent,
        }
    }
    Err(given_up(request))
}

/// What became of a request on one connection.
pub(super) enum Tried {
    /// A response came.
    Answered(Response<Incoming>),
    /// None, and the request may go on another connection.
    Again(Request<RequestBody>),
}

/// Sends a request on a stream of an HTTP/2 connection.
pub(super) async fn on_stream(
    (mut connection, guard): (SharedConnection, StreamGuard),
    lease: &mut Lease,
    request: Request<RequestBody>,
) -> Result<Tried, Box<SendError>> {
    let copy = repeatable(&request);
    match connection.sender.try_send_request(request).await {
        Ok(response) => {
            lease.hold(Held::Http2(guard));
            Ok(Tried::Answered(response))
        }
        Err(error) if error.message().is_some() || refused(error.error()) => {
            again(error, copy).map(Tried::Again)
        }
        Err(error) => Err(Box::new(failed(error))),
    }
}

/// Sends a request on an HTTP/1.1 connection. Only one that has served before may have died since.
pub(super) async fn on_connection(
    mut sender: http1::SendRequest<RequestBody>,
    reused: bool,
    lease: &mut Lease,
    request: Request<RequestBody>,
) -> Result<Tried, Box<SendError>> {
    let copy = if reused { repeatable(&request) } else { None };
    match sender.try_send_request(request).await {
        Ok(response) => {
            lease.hold(Held::Http1(sender));
            Ok(Tried::Answered(response))
        }
        Err(error) if reused => again(error, copy).map(Tried::Again),
        Err(error) => Err(Box::new(failed(error))),
    }
}

/// All connections have refused the request.
pub(super) fn given_up(request: Request<RequestBody>) -> Box<SendError> {
    let error = ConnectError::Tcp(std::io::ErrorKind::ConnectionReset.into());
    Box::new(SendError::connect(error, request))
}

async fn shared(cluster: &Cluster, lease: &Lease) -> Result<(SharedConnection, StreamGuard), ConnectError> {
    let most = cluster.settings.max_concurrent_streams;
    if let Some(found) = lease.endpoint.take_shared(lease.worker(), most) {
        return Ok(found);
    }
    let connector = connector(cluster, lease);
    let _alone = connector.alone().await?;
    if let Some(found) = lease.endpoint.take_shared(lease.worker(), most) {
        return Ok(found);
    }
    let sender = connector.http2().await?;
    Ok(lease.endpoint.add_shared(lease.worker(), sender))
}

pub(super) fn connector<'a>(cluster: &'a Cluster, lease: &'a Lease) -> Connector<'a> {
    Connector { cluster, endpoint: &lease.endpoint, worker: lease.worker() }
}

/// A copy of a request that may be sent twice without harm: idempotent (RFC 9110 section 9.2.2) and
/// without a body.
fn repeatable(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    if !request.method().is_idempotent() || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(RequestBody::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// The request for the next connection, if a failure on a reused one allows another.
fn again(
    mut error: TrySendError<Request<RequestBody>>,
    copy: Option<Request<RequestBody>>,
) -> Result<Request<RequestBody>, Box<SendError>> {
    match error.take_message().or(copy) {
        Some(request) if body_fault(error.error()).is_none() => Ok(request),
        _ => Err(Box::new(SendError::reset(error.into_error()))),
    }
}

fn failed(mut error: TrySendError<Request<RequestBody>>) -> SendError {
    let unsent = error.take_message();
    SendError { unsent, ..SendError::reset(error.into_error()) }
}

fn refused(error: &hyper::Error) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<h2::Error>().is_some_and(|h2| h2.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

fn body_fault(error: &hyper::Error) -> Option<BodyFault> {
    causes(error).find_map(|cause| cause.downcast_ref::<BodyFault>().copied())
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source())
}
