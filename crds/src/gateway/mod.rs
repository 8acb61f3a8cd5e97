//! Gateway API v1.6.3, experimental channel. Sub-schemas of one shape are one Rust type, so that what HTTPRoute and
//! GRPCRoute, rules and backendRefs share is written once. Optional lists and maps are empty rather than absent; fields
//! with a schema default are `Option` and filled by the API server or the offline validation.

mod generated;
pub mod slim;

pub use generated::*;
