//! What holds for a connection whose listener is not known yet.
//!
//! Listeners that share a socket are told apart by hostname, and the hostname comes with the request (or, over
//! TLS, with the handshake). Until then nobody may be held to a stricter setting than its own listener's.

use corten_snapshot::ListenerSettings;
use std::{sync::Arc, time::Duration};

/// Of each setting of a connection the most generous. `None`: there is no listener.
pub(super) fn of<'a>(
    mut listeners: impl Iterator<Item = &'a Arc<ListenerSettings>>,
) -> Option<Arc<ListenerSettings>> {
    let mut most = listeners.next()?.clone();
    for other in listeners {
        let settings = Arc::make_mut(&mut most);
        let (limits, theirs) = (&mut settings.limits, &other.limits);
        limits.header_count = limits.header_count.max(theirs.header_count);
        limits.header_bytes = limits.header_bytes.max(theirs.header_bytes);
        limits.uri_bytes = limits.uri_bytes.max(theirs.uri_bytes);
        let requests = limits.requests_per_connection.zip(theirs.requests_per_connection);
        limits.requests_per_connection = requests.map(|(one, other)| one.max(other));
        let (times, theirs) = (&mut settings.timeouts, &other.timeouts);
        times.handshake = longer(times.handshake, theirs.handshake);
        times.header = longer(times.header, theirs.header);
        times.idle = longer(times.idle, theirs.idle);
        times.write = longer(times.write, theirs.write);
        let (http2, theirs) = (&mut settings.http2, &other.http2);
        http2.max_concurrent_streams = http2.max_concurrent_streams.max(theirs.max_concurrent_streams);
        http2.stream_window = http2.stream_window.max(theirs.stream_window);
        http2.connection_window = http2.connection_window.max(theirs.connection_window);
    }
    Some(most)
}

/// The longer of two timeouts, where zero is none at all.
fn longer(one: Duration, other: Duration) -> Duration {
    if one.is_zero() || other.is_zero() { Duration::ZERO } else { one.max(other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl FnOnce(&mut ListenerSettings)) -> Arc<ListenerSettings> {
        let mut settings = ListenerSettings::default();
        change(&mut settings);
        Arc::new(settings)
    }

    #[test]
    fn one_listener_keeps_its_settings_and_none_has_none() {
        let only = settings(|settings| settings.limits.uri_bytes = 7);
        assert!(Arc::ptr_eq(&of([&only].into_iter()).unwrap(), &only));
        assert!(of([].into_iter()).is_none());
    }

    #[test]
    fn the_most_generous_wins_each_for_itself() {
        let one = settings(|settings| {
            settings.limits.uri_bytes = 10;
            settings.limits.header_bytes = 3000;
            settings.limits.requests_per_connection = Some(5);
            settings.timeouts.idle = Duration::from_secs(1);
            settings.timeouts.header = Duration::from_secs(9);
        });
        let other = settings(|settings| {
            settings.limits.uri_bytes = 20;
            settings.limits.header_bytes = 2000;
            settings.limits.requests_per_connection = Some(8);
            settings.timeouts.idle = Duration::from_secs(2);
            settings.timeouts.header = Duration::ZERO;
        });
        for pair in [[&one, &other], [&other, &one]] {
            let most = of(pair.into_iter()).unwrap();
            assert_eq!((most.limits.uri_bytes, most.limits.header_bytes), (20, 3000));
            assert_eq!(most.limits.requests_per_connection, Some(8));
            assert_eq!(most.timeouts.idle, Duration::from_secs(2));
            assert_eq!(most.timeouts.header, Duration::ZERO, "no timeout is the longest");
        }
        let unlimited = settings(|settings| settings.limits.requests_per_connection = None);
        assert_eq!(of([&one, &unlimited].into_iter()).unwrap().limits.requests_per_connection, None);
    }
}
