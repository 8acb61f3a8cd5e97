//! Exposing Gateways: each has a Service of its own in its own namespace, with target ports of its own in the gateway pods,
//! and EndpointSlices that list these. The allocation of ports is kept in the Services: the leader makes it, every replica
//! reads it.

mod exposed;
mod listeners;
mod ports;
mod service;
mod shown;
mod slices;
mod writer;

pub use exposed::{ExposeConfig, Exposed, ReadBack};
pub use writer::ExposeWriter;
