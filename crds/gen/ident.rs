//! Schema names to Rust names and back.

/// The words of a schema name, lower case: `wellKnownCACertificates` → well, known, ca, certificates; `GET` → get.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let mut words: Vec<String> = Vec::new();
    for (i, &c) in chars.iter().enumerate() {
        let previous_lower =
            i.checked_sub(1).and_then(|p| chars.get(p)).is_some_and(|p| !p.is_ascii_uppercase());
        let next_lower = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
        let starts = i == 0 || (c.is_ascii_uppercase() && (previous_lower || next_lower));
        match words.last_mut() {
            Some(word) if !starts => word.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
    }
    words
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// A Rust field name; keywords get a trailing underscore.
pub(crate) fn field(name: &str) -> String {
    let snake = words(name).join("_");
    if snake == "type" { "type_".to_owned() } else { snake }
}

/// An enum variant name; the wildcard `*` is `Any`.
pub(crate) fn variant(name: &str) -> String {
    if name == "*" {
        return "Any".to_owned();
    }
    words(name).iter().map(|w| capitalised(w)).collect()
}

/// What serde's `rename_all = "camelCase"` makes of a field name.
pub(crate) fn camel(field: &str) -> String {
    let pascal: String = field.split('_').map(capitalised).collect();
    let mut chars = pascal.chars();
    chars.next().map(|c| c.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acronyms_are_one_word() {
        assert_eq!(field("wellKnownCACertificates"), "well_known_ca_certificates");
        assert_eq!(field("type"), "type_");
        assert_eq!(variant("URLRewrite"), "UrlRewrite");
        assert_eq!(variant("GET"), "Get");
        assert_eq!(variant("*"), "Any");
        assert_eq!(variant("http"), "Http");
        assert_eq!(variant("HTTPRoute"), "HttpRoute");
    }

    #[test]
    fn camel_is_what_serde_does() {
        assert_eq!(camel("well_known_ca_certificates"), "wellKnownCaCertificates");
        assert_eq!(camel("type_"), "type");
    }
}
