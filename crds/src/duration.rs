//! Durations as the Gateway API writes them (GEP-2257): one to four components of one to five digits and a unit
//! (`h`, `m`, `s`, `ms`), summed: `1h30m`, `500ms`, `0s`. No signs, fractions or other units.

use std::{fmt, str::FromStr, time};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A GEP-2257 duration, whole milliseconds.
///
/// ```
/// # use corten_crds::Duration;
/// let backoff: Duration = "1m500ms".parse()?;
/// assert_eq!(backoff.as_millis(), 60_500);
/// assert_eq!(Duration::from_secs(90).to_string(), "1m30s");
/// # Ok::<(), corten_crds::DurationError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    millis: u64,
}

/// Why a text is no GEP-2257 duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing at all.
    #[error("is empty; write a duration such as 10s or 500ms")]
    Empty,
    /// A component without digits, or with more than five.
    #[error("`{0}`: each part needs one to five digits before its unit")]
    Digits(String),
    /// A unit other than h, m, s and ms, or none.
    #[error("`{0}`: the units are h, m, s and ms")]
    Unit(String),
    /// More than four components.
    #[error("has more than four parts")]
    Parts,
}

const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Duration {
    /// No time at all, `0s`. Where a timeout is meant, the field's documentation says what zero means.
    pub const ZERO: Self = Self { millis: 0 };
    /// The longest that GEP-2257 can write: `99999h59m59s999ms`. Longer sums count as this.
    pub const MAX: Self = Self { millis: 99_999 * 3_600_000 + 59 * 60_000 + 59 * 1_000 + 999 };

    /// Whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self::from_millis(seconds.saturating_mul(1_000))
    }

    /// Whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.millis { Self::MAX } else { Self { millis } }
    }

    /// The length in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// As the standard library's type.
    #[must_use]
    pub const fn as_std(self) -> time::Duration {
        time::Duration::from_millis(self.millis)
    }

    /// Whether it is `0s`.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.millis == 0
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(DurationError::Empty);
        }
        let mut rest = text;
        let mut millis = 0_u64;
        let mut parts = 0;
        while !rest.is_empty() {
            let (value, after) = component(rest)?;
            millis = millis.saturating_add(value);
            rest = after;
            parts += 1;
        }
        if parts > 4 { Err(DurationError::Parts) } else { Ok(Self::from_millis(millis)) }
    }
}

/// One `12ms` from the front of `text`, and what follows it.
fn component(text: &str) -> Result<(u64, &str), DurationError> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(digits_end);
    if digits.len() > 5 {
        return Err(DurationError::Digits(text.to_owned()));
    }
    let value: u64 = digits.parse().map_err(|_| DurationError::Digits(text.to_owned()))?;
    let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(unit_end);
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let factor = factor.ok_or_else(|| DurationError::Unit(text.to_owned()))?;
    Ok((value.saturating_mul(factor), after))
}

/// The shortest form, largest unit first.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0s");
        }
        let mut rest = self.millis;
        for (unit, factor) in UNITS {
            let count = rest / factor;
            rest %= factor;
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl From<Duration> for time::Duration {
    fn from(duration: Duration) -> Self {
        duration.as_std()
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| de::Error::custom(format!("duration `{text}` {error}")))
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([0-9]{1,5}(h|m|s|ms)){1,4}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<u64, DurationError> {
        text.parse::<Duration>().map(Duration::as_millis)
    }

    /// GEP-2257's own table of valid and invalid forms.
    #[test]
    fn valid_forms() {
        assert_eq!(parse("0h"), Ok(0));
        assert_eq!(parse("0s"), Ok(0));
        assert_eq!(parse("0h0m0s"), Ok(0));
        assert_eq!(parse("1h"), Ok(3_600_000));
        assert_eq!(parse("30m"), Ok(1_800_000));
        assert_eq!(parse("500ms"), Ok(500));
        assert_eq!(parse("2h30m"), Ok(9_000_000));
        assert_eq!(parse("150m"), Ok(9_000_000));
        assert_eq!(parse("7230s"), Ok(7_230_000));
        assert_eq!(parse("1h30m10s"), Ok(5_410_000));
        assert_eq!(parse("10s30m1h"), Ok(5_410_000), "units may come in any order");
        assert_eq!(parse("100ms200ms300ms"), Ok(600), "and repeat");
        assert_eq!(parse("00000s"), Ok(0));
    }

    #[test]
    fn invalid_forms() {
        assert_eq!(parse(""), Err(DurationError::Empty));
        for text in ["1", "1d", "1us", "1.5h", "1 s", "10s ", "5S", "1hm"] {
            assert!(matches!(parse(text), Err(DurationError::Unit(_))), "{text}");
        }
        for text in ["s", "-1s", "+1s", "100000s", "h1", " 1s", "ms", "٣s"] {
            assert!(matches!(parse(text), Err(DurationError::Digits(_))), "{text}");
        }
        assert_eq!(parse("1h1m1s1ms1ms"), Err(DurationError::Parts));
    }

    #[test]
    fn written_in_the_shortest_form() {
        for (text, shortest) in [
            ("0m", "0s"),
            ("90s", "1m30s"),
            ("1500ms", "1s500ms"),
            ("3600s", "1h"),
            ("150m", "2h30m"),
            ("61m1ms", "1h1m1ms"),
        ] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), shortest);
        }
    }

    #[test]
    fn longer_than_can_be_written_counts_as_the_longest() {
        assert_eq!("99999h99999h".parse(), Ok(Duration::MAX));
        assert_eq!(Duration::MAX.to_string(), "99999h59m59s999ms");
        assert_eq!(Duration::MAX.to_string().parse(), Ok(Duration::MAX));
        assert_eq!(Duration::from_secs(u64::MAX), Duration::MAX);
    }

    #[test]
    fn serde_uses_the_text_and_names_the_reason() {
        assert_eq!(serde_json::from_str::<Duration>("\"10s\"").unwrap(), Duration::from_secs(10));
        assert_eq!(serde_json::to_string(&Duration::from_millis(10_250)).unwrap(), "\"10s250ms\"");
        let error = serde_json::from_str::<Duration>("\"10\"").unwrap_err().to_string();
        assert!(error.starts_with("duration `10`") && error.contains("units are h, m, s and ms"), "{error}");
    }
}
