//! Upstreams whose endpoints pick the protocol in the TLS handshake (ALPN, RFC 7301).
//!
//! What an endpoint picked is remembered: one that speaks HTTP/1.1 gets as many connections at once as there are
//! requests, one that speaks HTTP/2, or is new, is asked by one request while the others wait to share the connection.

use super::{
    Cluster, Lease,
    address::{to_http1, to_http2},
    connect::{ConnectError, Picked},
    endpoint::{SharedConnection, StreamGuard},
    send::{
        Answer, CONNECTIONS, SendError, SendFault, Sent, Tried, connector, given_up, on_connection,
        on_stream, pooled,
    },
};
use crate::body::RequestBody;
use http::Request;
use hyper::client::conn::http1;

/// A connection for one request.
enum Link {
    Http1 { sender: http1::SendRequest<RequestBody>, reused: bool },
    Http2(SharedConnection, StreamGuard),
}

/// Sends a request, in the form of HTTP/1.1, in the form that the endpoint's protocol wants.
pub(super) async fn send(cluster: &Cluster, mut lease: Lease, mut request: Request<RequestBody>) -> Sent {
    for turn in 0..CONNECTIONS {
        let link = match link(cluster, &lease, turn == 0).await {
            Ok(link) => link,
            Err(error) => return Err(Box::new(SendError::connect(error, request))),
        };
        let tried = match link {
            Link::Http1 { sender, reused } => on_connection(sender, reused, &mut lease, request).await?,
            Link::Http2(connection, guard) => {
                let form = to_http2(&mut request).map_err(formless)?;
                match on_stream((connection, guard), &mut lease, request).await {
                    Ok(Tried::Again(mut unsent)) => {
                        to_http1(&mut unsent, form);
                        Tried::Again(unsent)
                    }
                    Ok(answered) => answered,
                    Err(mut failed) => {
                        if let Some(unsent) = &mut failed.unsent {
                            to_http1(unsent, form);
                        }
                        return Err(failed);
                    }
                }
            }
        };
        match tried {
            Tried::Answered(response) => return Ok(Answer { response, lease }),
            Tried::Again(unsent) => request = unsent,
        }
    }
    Err(given_up(request))
}

fn formless(error: http::Error) -> Box<SendError> {
    Box::new(SendError { fault: SendFault::Form(error), unsent: None })
}

/// A pooled connection, else a new one. `first`: no pooled connection has failed the request yet.
async fn link(cluster: &Cluster, lease: &Lease, first: bool) -> Result<Link, ConnectError> {
    if let Some(link) = existing(cluster, lease, first) {
        return Ok(link);
    }
    let connector = connector(cluster, lease);
    let (endpoint, worker) = (&lease.endpoint, lease.worker());
    let alone = if endpoint.picks_http1(worker) { None } else { connector.alone().await? };
    if alone.is_some()
        && let Some(link) = existing(cluster, lease, first)
    {
        return Ok(link);
    }
    // Meanwhile another request may have learnt that connections are not shared.
    let _alone = alone.filter(|_| !endpoint.picks_http1(worker));
    let link = match connector.negotiated().await? {
        Picked::Http1(sender) => {
            endpoint.picked(worker, true);
            Link::Http1 { sender, reused: false }
        }
        Picked::Http2(sender) => {
            endpoint.picked(worker, false);
            let (connection, guard) = endpoint.add_shared(worker, sender);
            Link::Http2(connection, guard)
        }
    };
    Ok(link)
}

/// A pooled connection. Those of HTTP/1.1 that were made for upgrades are not for other requests of an endpoint
/// that picks HTTP/2: gRPC needs it. Where one of HTTP/1.1 was dead the others may be too.
fn existing(cluster: &Cluster, lease: &Lease, first: bool) -> Option<Link> {
    let (endpoint, worker) = (&lease.endpoint, lease.worker());
    if let Some((connection, guard)) = endpoint.take_shared(worker, cluster.settings.max_concurrent_streams) {
        return Some(Link::Http2(connection, guard));
    }
    let sender = (first && endpoint.picks_http1(worker)).then(|| pooled(lease)).flatten()?;
    Some(Link::Http1 { sender, reused: true })
}
