//! Kubernetes' rules for names, labels and annotations.

/// Why a name is refused, and by which rule.
pub type Refusal = &'static str;

const LABEL: Refusal = "must be a lower-case DNS label (RFC 1123): letters, digits and `-`, at most 63, beginning and \
                        ending with a letter or digit";
const LABEL_1035: Refusal = "must be a lower-case DNS label (RFC 1035): letters, digits and `-`, at most 63, beginning \
                             with a letter and ending with a letter or digit";
const SUBDOMAIN: Refusal = "must be a lower-case DNS subdomain (RFC 1123): labels of letters, digits and `-`, joined by \
                            `.`, at most 253 characters";
const QUALIFIED: Refusal = "must be a name of letters, digits, `-`, `_` and `.`, at most 63, beginning and ending with a \
                            letter or digit, perhaps after a DNS subdomain and `/`";
const LABEL_VALUE: Refusal = "must be empty or letters, digits, `-`, `_` and `.`, at most 63, beginning and ending with \
                              a letter or digit";

const PORT_NAME: Refusal = "must be a port name: lower-case letters, digits and single `-`, at most 15, with at least one \
                            letter, beginning and ending with a letter or digit";

/// Whether every byte is allowed inside, and the first and last are letters or digits of the allowed kind.
fn is_label(text: &str, max: usize, inside: impl Fn(u8) -> bool, edge: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let edges = [bytes.first(), bytes.last()];
    bytes.len() <= max
        && bytes.iter().all(|b| inside(*b))
        && edges.iter().all(|b| b.is_some_and(|b| edge(*b)))
}

fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn result(valid: bool, refusal: Refusal) -> Result<(), Refusal> {
    if valid { Ok(()) } else { Err(refusal) }
}

/// A DNS label (RFC 1123), as namespaces and port names have.
///
/// # Errors
/// The rule, if the name breaks it.
pub fn dns_label(name: &str) -> Result<(), Refusal> {
    result(is_label(name, 63, |b| lower_or_digit(b) || b == b'-', lower_or_digit), LABEL)
}

/// A DNS label that begins with a letter (RFC 1035), as Services' names are.
///
/// # Errors
/// The rule, if the name breaks it.
pub fn dns_label_1035(name: &str) -> Result<(), Refusal> {
    let letter = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    result(letter && dns_label(name).is_ok(), LABEL_1035)
}

/// A DNS subdomain (RFC 1123), as most objects' names are.
///
/// # Errors
/// The rule, if the name breaks it.
pub fn dns_subdomain(name: &str) -> Result<(), Refusal> {
    let label = |l: &str| is_label(l, 253, |b| lower_or_digit(b) || b == b'-', lower_or_digit);
    result(name.len() <= 253 && name.split('.').all(label), SUBDOMAIN)
}

/// A label's or annotation's key.
///
/// # Errors
/// The rule, if the key breaks it.
pub fn qualified_name(key: &str) -> Result<(), Refusal> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let name_ok = is_label(name, 63, inside, |b| b.is_ascii_alphanumeric());
    result(name_ok && prefix.is_none_or(|p| dns_subdomain(p).is_ok()), QUALIFIED)
}

/// A label's value.
///
/// # Errors
/// The rule, if the value breaks it.
pub fn label_value(value: &str) -> Result<(), Refusal> {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    result(value.is_empty() || is_label(value, 63, inside, |b| b.is_ascii_alphanumeric()), LABEL_VALUE)
}

/// The name of a port (IANA service name), as a Service's `targetPort` may be.
///
/// # Errors
/// The rule, if the name breaks it.
pub fn port_name(name: &str) -> Result<(), Refusal> {
    let short = is_label(name, 15, |b| lower_or_digit(b) || b == b'-', lower_or_digit);
    let letter = name.bytes().any(|b| b.is_ascii_lowercase());
    result(short && letter && !name.contains("--"), PORT_NAME)
}

/// A key of a ConfigMap's or Secret's data.
///
/// # Errors
/// The rule, if the key breaks it.
pub fn data_key(key: &str) -> Result<(), Refusal> {
    let byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let valid = (1..=253).contains(&key.len()) && key.bytes().all(byte) && key != "." && key != "..";
    result(valid, "must be 1 to 253 letters, digits, `-`, `_` and `.`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let long = "a".repeat(63);
        for name in ["a", "0", "a-b", "web-1", long.as_str()] {
            assert_eq!(dns_label(name), Ok(()), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in ["", "-a", "a-", "A", "a.b", "a_b", "ä", too_long.as_str()] {
            assert_eq!(dns_label(name), Err(LABEL), "{name}");
        }
        assert_eq!(dns_label_1035("a0"), Ok(()));
        assert_eq!(dns_label_1035("0a"), Err(LABEL_1035));
    }

    #[test]
    fn subdomains() {
        for name in ["a", "a.b", "example.com", "1.2"] {
            assert_eq!(dns_subdomain(name), Ok(()), "{name}");
        }
        let too_long = "a.".repeat(126) + "ab";
        assert_eq!(too_long.len(), 254);
        for name in ["", ".", "a.", ".a", "a..b", "a.-b", "A.b", too_long.as_str()] {
            assert_eq!(dns_subdomain(name), Err(SUBDOMAIN), "{name}");
        }
    }

    #[test]
    fn label_keys_and_values() {
        for key in ["a", "A_b.c-d", "example.com/a", "app.kubernetes.io/name"] {
            assert_eq!(qualified_name(key), Ok(()), "{key}");
        }
        for key in ["", "/a", "a/", "a/b/c", "_a", "Example.com/a", "a b"] {
            assert_eq!(qualified_name(key), Err(QUALIFIED), "{key}");
        }
        assert_eq!(label_value(""), Ok(()));
        assert_eq!(label_value("v1.2_x"), Ok(()));
        assert_eq!(label_value("-x"), Err(LABEL_VALUE));
        assert_eq!(label_value("a b"), Err(LABEL_VALUE));
    }

    #[test]
    fn port_names() {
        for name in ["http", "h2c", "a-b", "8080a"] {
            assert_eq!(port_name(name), Ok(()), "{name}");
        }
        for name in ["", "8080", "a--b", "-a", "HTTP", "abcdefghijklmnop"] {
            assert_eq!(port_name(name), Err(PORT_NAME), "{name}");
        }
    }

    #[test]
    fn data_keys() {
        assert!(data_key("ca.crt").is_ok() && data_key("..x").is_ok());
        assert!(data_key("").is_err() && data_key(".").is_err() && data_key("..").is_err());
        assert!(data_key("a/b").is_err() && data_key(&"a".repeat(254)).is_err());
    }
}
