//! Routes: where they attach, and what they become on the hostnames of their listeners.

mod attach;
mod compiled;
mod hosts;
mod http;
mod kinds;
mod known;
mod precedence;
mod regexes;
mod serve;
mod shadow;
mod status;

pub(crate) use compiled::{CompiledMatch, CompiledRoute, CompiledRule, Findings};
pub(crate) use kinds::RouteKind;
pub(crate) use precedence::{Rank, Specificity};
pub(crate) use regexes::Regexes;
pub(crate) use serve::serve;
