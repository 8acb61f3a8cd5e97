//! Access log and metrics.

use super::{Deserialize, Fraction, JsonSchema, KubeSchema, Serialize, schema};

/// The access log: one JSON object a line on standard output.
#[derive(KubeSchema, Default, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("(has(self.mode) && self.mode == 'Sampled') == has(self.sampleRatio)").message("sampleRatio goes with mode Sampled, and only with it"))]
#[serde(rename_all = "camelCase")]
pub struct AccessLog {
    /// Which requests are logged. Default: Disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AccessLogMode")]
    pub mode: Option<AccessLogMode>,
    /// With mode Sampled: the share of requests that is logged. Answers of 500 and above always are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::ratio")]
    pub sample_ratio: Option<Fraction>,
    /// Names of the fields, in their order. Default: all but `query`, which may hold what should not be logged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::log_fields")]
    pub fields: Vec<String>,
}

/// The fields that an access log line may have: the names that the dataplane's access log knows.
pub const ACCESS_LOG_FIELDS: &[&str] = &[
    "time",
    "request_id",
    "client",
    "method",
    "host",
    "path",
    "query",
    "protocol",
    "status",
    "bytes_in",
    "bytes_out",
    "duration_ms",
    "upstream",
    "upstream_duration_ms",
    "route",
    "rule",
    "listener",
    "gateway",
    "user_agent",
    "error",
    "retries",
    "tls_version",
];

/// Which requests are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccessLogMode {
    /// None.
    #[default]
    Disabled,
    /// All. (Not `On`: YAML 1.1, which kubectl reads, takes that for a boolean.)
    Enabled,
    /// The share that `sampleRatio` says, and every answer of 500 and above.
    Sampled,
}

/// Labels of the request metrics.
#[derive(JsonSchema, Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// Whether request metrics carry the route's name. Default: false, since it multiplies the series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_route: Option<bool>,
}
