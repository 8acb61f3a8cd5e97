//! The settings that ListenerPolicies make.

use crate::problem::Problem;
use corten_crds::{
    Duration,
    gateway::Fraction,
    v1alpha1::{AccessLog, AccessLogMode, ClientIp, ClientIpHeader, EscapedSlashes, ListenerPolicySpec},
};
use corten_snapshot as snap;
use std::net::IpAddr;

/// The settings of a listener to which these policies apply, the most specific first.
pub(super) fn merge(specs: &[&ListenerPolicySpec]) -> snap::ListenerSettings {
    let mut settings = snap::ListenerSettings::default();
    for spec in specs.iter().rev() {
        apply(spec, &mut settings);
    }
    settings
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

fn time(setting: &mut std::time::Duration, value: Option<Duration>) {
    set(setting, value.map(Duration::as_std));
}

fn apply(spec: &ListenerPolicySpec, settings: &mut snap::ListenerSettings) {
    if let Some(client_ip) = &spec.client_ip {
        apply_client_ip(client_ip, &mut settings.client_ip);
    }
    set(&mut settings.forwarded_header, spec.forwarded_header);
    set(&mut settings.trust_request_id, spec.request_id.as_ref().and_then(|id| id.trust_incoming));
    apply_limits(spec, settings);
    if let Some(path) = &spec.path {
        set(&mut settings.path.merge_slashes, path.merge_slashes);
        let escaped = path.escaped_slashes.map(|escaped| match escaped {
            EscapedSlashes::Reject => snap::EscapedSlashes::Reject,
            EscapedSlashes::Keep => snap::EscapedSlashes::Keep,
            EscapedSlashes::Decode => snap::EscapedSlashes::Decode,
        });
        set(&mut settings.path.escaped_slashes, escaped);
    }
    if let Some(http2) = &spec.http2 {
        set(&mut settings.http2.max_concurrent_streams, http2.max_concurrent_streams);
        set(&mut settings.http2.stream_window, http2.stream_window);
        set(&mut settings.http2.connection_window, http2.connection_window);
    }
    if let Some(log) = &spec.access_log {
        apply_access_log(log, &mut settings.access_log);
    }
    set(&mut settings.route_metrics, spec.metrics.as_ref().and_then(|metrics| metrics.per_route));
    if let Some(drain) = &spec.drain {
        time(&mut settings.drain.min, drain.min);
        time(&mut settings.drain.max, drain.max);
    }
}

fn apply_limits(spec: &ListenerPolicySpec, settings: &mut snap::ListenerSettings) {
    if let Some(limits) = &spec.limits {
        set(&mut settings.limits.header_count, limits.header_count);
        set(&mut settings.limits.header_bytes, limits.header_bytes);
        set(&mut settings.limits.uri_bytes, limits.uri_bytes);
        set(&mut settings.limits.body_bytes, limits.body_bytes.map(Some));
        set(&mut settings.limits.connections, limits.connections.map(Some));
        set(&mut settings.limits.requests_per_connection, limits.requests_per_connection.map(Some));
    }
    if let Some(timeouts) = &spec.timeouts {
        time(&mut settings.timeouts.handshake, timeouts.handshake);
        time(&mut settings.timeouts.header, timeouts.header);
        time(&mut settings.timeouts.idle, timeouts.idle);
        time(&mut settings.timeouts.body_idle, timeouts.body_idle);
        time(&mut settings.timeouts.write, timeouts.write);
    }
}

fn apply_client_ip(given: &ClientIp, setting: &mut snap::ClientIp) {
    let header = given.header.map(|header| match header {
        ClientIpHeader::XForwardedFor => snap::ClientIpHeader::XForwardedFor,
        ClientIpHeader::Forwarded => snap::ClientIpHeader::Forwarded,
    });
    set(&mut setting.header, header);
    if !given.trusted_ranges.is_empty() {
        // Whom the more specific policy trusts replaces whom the other one does, hops included.
        setting.trusted_hops = 0;
        setting.trusted_ranges = given.trusted_ranges.iter().filter_map(|range| range_of(range)).collect();
    }
    if let Some(hops) = given.trusted_hops {
        setting.trusted_hops = hops;
        if given.trusted_ranges.is_empty() {
            setting.trusted_ranges = Vec::new();
        }
    }
}

fn apply_access_log(given: &AccessLog, setting: &mut snap::AccessLog) {
    let mode = given.mode.map(|mode| match mode {
        AccessLogMode::Disabled => snap::AccessLogMode::Off,
        AccessLogMode::Enabled => snap::AccessLogMode::On,
        AccessLogMode::Sampled => sampled(given.sample_ratio.as_ref()),
    });
    set(&mut setting.mode, mode);
    if !given.fields.is_empty() {
        setting.fields.clone_from(&given.fields);
    }
}

/// The share that is logged; all of it counts as on.
fn sampled(ratio: Option<&Fraction>) -> snap::AccessLogMode {
    let Some(ratio) = ratio else { return snap::AccessLogMode::On };
    let share = f64::from(ratio.numerator) / f64::from(ratio.denominator.unwrap_or(100).max(1));
    if share >= 1.0 {
        snap::AccessLogMode::On
    } else if share > 0.0 {
        snap::AccessLogMode::Sampled { ratio: share }
    } else {
        snap::AccessLogMode::Off
    }
}

/// A CIDR range, or a single address.
fn range_of(text: &str) -> Option<snap::IpRange> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(bits), |prefix| prefix.parse().ok())?;
    (prefix <= bits).then_some(snap::IpRange { address, prefix })
}

/// What the CRD's rules would refuse. What remains valid is applied all the same: ranges that cannot be read are
/// trusted by nobody.
pub(super) fn check(spec: &ListenerPolicySpec) -> Result<(), Problem> {
    let ranges = spec.client_ip.iter().flat_map(|client_ip| client_ip.trusted_ranges.iter().enumerate());
    for (position, range) in ranges {
        if range_of(range).is_none() {
            let field = format!("clientIP.trustedRanges[{position}]");
            let message = format!("`{}` is not a CIDR range", range.escape_debug());
            return Err(Problem::new("Invalid", field, message, "write a range such as 10.0.0.0/8"));
        }
    }
    let log = spec.access_log.as_ref();
    let sampled =
        log.is_some_and(|log| log.mode == Some(AccessLogMode::Sampled) && log.sample_ratio.is_none());
    if sampled {
        let message = "mode Sampled needs the share that is logged";
        return Err(Problem::new("Invalid", "accessLog.sampleRatio", message, "add `sampleRatio`"));
    }
    let drain = spec.drain.as_ref().and_then(|drain| Some((drain.min?, drain.max?)));
    if drain.is_some_and(|(min, max)| min > max) {
        return Err(Problem::new("Invalid", "drain.min", "min is longer than max", "make it shorter"));
    }
    Ok(())
}
