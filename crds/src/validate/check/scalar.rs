//! Strings and numbers.

use std::net::{Ipv4Addr, Ipv6Addr};

use k8s_openapi::{ByteString, apimachinery::pkg::apis::meta::v1::Time};
use serde_json::{Number, Value};

use crate::validate::{
    hint,
    place::Place,
    schema::{Kind, Schema},
};

/// Length (in characters), pattern and format of a string.
pub(super) fn string(schema: &Schema, text: &str, place: &mut Place) {
    let length = schema.bounds.length;
    if length.max.is_some() || length.min.is_some() {
        let count = text.chars().count();
        if let Some(max) = length.max.filter(|max| count > *max) {
            place.blocking_error(
                format!("Too long: may not be more than {max} characters, has {count}"),
                None,
            );
        }
        if let Some(min) = length.min.filter(|min| count < *min) {
            place.error(format!("Invalid value: {text:?}: must have at least {min} characters"), None);
        }
    }
    if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        let message = format!("Invalid value: {text:?}: must match '{pattern}'");
        place.error(message, hint::pattern(pattern.as_str()));
    }
    if let Some(what) = schema.format.as_deref().and_then(|format| violated(format, text)) {
        place.error(format!("Invalid value: {text:?}: must be {what}"), None);
    }
}

/// What a format asks for, if the text is not that. Formats that the API server does not check are not listed.
fn violated(format: &str, text: &str) -> Option<&'static str> {
    let parses_as_json = |valid: bool, what| if valid { None } else { Some(what) };
    let json = || Value::String(text.to_owned());
    match format {
        "ipv4" => parses_as_json(text.parse::<Ipv4Addr>().is_ok(), "an IPv4 address"),
        "ipv6" => parses_as_json(text.parse::<Ipv6Addr>().is_ok(), "an IPv6 address"),
        "date-time" => parses_as_json(
            serde_json::from_value::<Time>(json()).is_ok(),
            "a time such as 2026-01-31T12:00:00Z (RFC 3339)",
        ),
        "byte" => parses_as_json(serde_json::from_value::<ByteString>(json()).is_ok(), "base64"),
        _ => None,
    }
}

/// Range and format of a number.
pub(super) fn number(schema: &Schema, number: &Number, place: &mut Place) {
    let Some(value) = number.as_f64() else { return };
    let bounds = &schema.bounds;
    if let Some(min) =
        bounds.minimum.filter(|min| value < *min || (bounds.exclusive_minimum && value <= *min))
    {
        let relation = if bounds.exclusive_minimum { "greater than" } else { "greater than or equal to" };
        place.error(format!("Invalid value: {number}: must be {relation} {min}"), None);
    }
    if let Some(max) =
        bounds.maximum.filter(|max| value > *max || (bounds.exclusive_maximum && value >= *max))
    {
        let relation = if bounds.exclusive_maximum { "less than" } else { "less than or equal to" };
        place.error(format!("Invalid value: {number}: must be {relation} {max}"), None);
    }
    let fits = match (schema.kind, schema.format.as_deref()) {
        (Kind::Integer, Some("int32")) => number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
        (Kind::Integer | Kind::IntOrString, _) => number.is_i64(),
        _ => true,
    };
    if !fits {
        place.error(format!("Invalid value: {number}: does not fit into its integer type"), None);
    }
}
