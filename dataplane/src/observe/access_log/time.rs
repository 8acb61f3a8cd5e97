//! Times as text.

use super::json::push_number;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Appends `2026-11-24T04:18:00.123Z` in quotes.
pub(super) fn push_time(out: &mut Vec<u8>, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let millis = u64::from(since.subsec_millis());
    for (before, number, width) in [
        (b'"', year, 4),
        (b'-', month, 2),
        (b'-', day, 2),
        (b'T', seconds / 3600 % 24, 2),
        (b':', seconds / 60 % 60, 2),
        (b':', seconds % 60, 2),
        (b'.', millis, 3),
    ] {
        out.push(before);
        push_number(out, number, width);
    }
    out.extend_from_slice(b"Z\"");
}

/// The date of a day since 1970-01-01 in the proleptic Gregorian calendar. Counting from 1 March of the year 0
/// puts the leap day last, so that months have a regular pattern (153 days in five).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Appends milliseconds with three decimals.
pub(super) fn push_millis(out: &mut Vec<u8>, duration: Duration) {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    push_number(out, micros / 1000, 1);
    out.push(b'.');
    push_number(out, micros % 1000, 3);
}
