//! The compiler: Gateway API objects in, one snapshot, all statuses and all diagnostics out.
//!
//! It is pure: no runtime, no client, no clock, no randomness. The order of the inputs does not matter, and equal
//! inputs give equal outputs on every replica. Nothing that a user writes makes it fail as a whole: **invalid is a
//! value**. A broken reference keeps its weight and answers 500, a broken rule answers 500 or is dropped, and what is
//! wrong is said in the status of the object that says it.
//!
//! The way through, top to bottom, is in `compile.rs`.

mod assembly;
mod compile;
mod hostname;
mod index;
mod inputs;
mod labels;
mod materials;
mod memory;
mod note;
mod object;
mod options;
mod output;
mod pem;
mod problem;
mod refs;
mod text;

mod backend;
mod filter;
mod gateway;
mod listener;
mod policy;
mod route;
pub mod status;

pub use compile::{Compiler, compile};
pub use inputs::Inputs;
pub use note::{Note, Severity};
pub use object::{Kind, ObjectId, ObjectName};
pub use options::{Addresses, GatewayName, Options, Ports};
pub use output::Output;
pub use status::Statuses;
