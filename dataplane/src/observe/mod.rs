//! Sight: metrics, the access log, and the log of the process itself.

mod access_log;
mod logging;
mod metrics;

pub(crate) use access_log::{AccessLog, LogPlan, Record};
pub use logging::LogArguments;
pub(crate) use metrics::{
    BindStats, Closed, ClusterStats, ConnectFailure, Ended, ListenerStats, Observer, RouteStats, WorkerStats,
};
