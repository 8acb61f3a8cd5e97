//! `X-Request-Id`.

use super::ForwardRules;
use super::names::X_REQUEST_ID;
use crate::check::Facts;
use http::{HeaderMap, HeaderValue};

/// Longest id of a client that is kept.
const MAX_LEN: usize = 128;

/// A new id: a random UUID (RFC 9562 section 5.4) as text, of the thread's random numbers. It is unique, not
/// secret.
pub(crate) fn fresh_request_id() -> HeaderValue {
    let high = (fastrand::u64(..) & !0xF000) | 0x4000;
    let low = (fastrand::u64(..) & !(0b11 << 62)) | (0b10 << 62);
    let text = uuid_text(high, low);
    // Hexadecimal digits and hyphens are always a valid value.
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

/// Makes sure that the request has one id, and returns it: the client's own, if the listener trusts it and
/// it is well formed, else a new one.
pub(crate) fn ensure_request_id(headers: &mut HeaderMap, facts: Facts, rules: &ForwardRules) -> HeaderValue {
    let own = facts.contains(Facts::X_REQUEST_ID) && !facts.twice(Facts::X_REQUEST_ID);
    if own
        && rules.trust_request_id
        && let Some(id) = headers.get(X_REQUEST_ID).filter(|id| is_well_formed(id.as_bytes()))
    {
        return id.clone();
    }
    let id = fresh_request_id();
    headers.insert(X_REQUEST_ID, id.clone());
    id
}

/// Letters, digits and what ids are made of; nothing that a log, a JSON document or a shell would read.
fn is_well_formed(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:~+/=@".contains(byte);
    (1..=MAX_LEN).contains(&id.len()) && id.iter().all(allowed)
}

/// 8-4-4-4-12 hexadecimal digits.
fn uuid_text(high: u64, low: u64) -> [u8; 36] {
    let (high, low) = (hex(high), hex(low));
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&high[..8]);
    text[9..13].copy_from_slice(&high[8..12]);
    text[14..18].copy_from_slice(&high[12..]);
    text[19..23].copy_from_slice(&low[..4]);
    text[24..].copy_from_slice(&low[4..]);
    text
}

/// By arithmetic on all digits at once, for this is done for every request.
fn hex(number: u64) -> [u8; 16] {
    const ONES: u128 = u128::from_ne_bytes([1; 16]);
    // One nibble to a byte: halves move apart until each has its own.
    let mut digits = u128::from(number);
    for (shift, mask) in [
        (32, 0x0000_0000_ffff_ffff_0000_0000_ffff_ffff),
        (16, 0x0000_ffff_0000_ffff_0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f),
    ] {
        digits = (digits | digits << shift) & mask;
    }
    // A digit above nine carries into bit 4 when six is added.
    let letters = ((digits + ONES * 6) >> 4) & ONES;
    (digits + ONES * u128::from(b'0') + letters * u128::from(b'a' - b'9' - 1)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_digits_in_order() {
        let text = uuid_text(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210);
        assert_eq!(&text, b"01234567-89ab-cdef-fedc-ba9876543210");
    }

    proptest::proptest! {
        #[test]
        fn digits_are_those_of_the_standard_formatter(number: u64) {
            let digits = hex(number);
            proptest::prop_assert_eq!(str::from_utf8(&digits).unwrap(), format!("{number:016x}"));
        }
    }
}
