//! Header fields that belong to one hop, and those by which the gateway vouches for the client.
//!
//! The order for a request: [`client::resolve`] reads what trusted proxies said, [`hop::strip_request`]
//! removes what ends here, [`forwarded::vouch`] writes what the gateway says. So nothing that a client sends
//! can remove or imitate what the gateway adds.

mod client;
mod forwarded;
mod hop;
mod names;
mod node;
mod peer;
mod request_id;
#[cfg(test)]
mod tests;

pub(crate) use client::{Client, resolve};
pub(crate) use forwarded::vouch;
pub(crate) use hop::{strip_request, strip_response, strip_trailers};
pub(crate) use peer::{ForwardRules, Peer};
pub(crate) use request_id::{ensure_request_id, fresh_request_id};
