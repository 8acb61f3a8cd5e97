//! Tunnels: what a connection becomes after 101 (WebSocket and every other `Upgrade`, RFC 9110
//! section 7.8).

use crate::exchange::{Exchange, Outcome};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

/// Joins the client's and the upstream's connection once both have switched, in a task of its own. The
/// exchange ends with the tunnel.
///
/// Called only after the upstream has answered 101: before that nothing of what the client sends is
/// anything but HTTP.
pub(crate) fn join(client: OnUpgrade, upstream: OnUpgrade, mut exchange: Exchange) {
    exchange.becomes_tunnel();
    tokio::spawn(async move {
        let (client, upstream) = match tokio::try_join!(client, upstream) {
            Ok(both) => both,
            Err(error) => {
                tracing::debug!(%error, "an upgrade failed");
                return exchange.finish(Outcome::Incomplete);
            }
        };
        let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
        let outcome = match tokio::io::copy_bidirectional(&mut client, &mut upstream).await {
            Ok((_, down)) => {
                exchange.sent(usize::try_from(down).unwrap_or(usize::MAX));
                Outcome::Complete
            }
            Err(_) => Outcome::ClientGone,
        };
        exchange.finish(outcome);
    });
}
