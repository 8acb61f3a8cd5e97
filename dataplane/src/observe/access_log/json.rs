//! JSON strings of untrusted text.

use std::fmt;

/// Appends `text` as a JSON string (RFC 8259 section 7). Control characters, also those of C1 and the two line
/// separators, are escaped, so that a line stays one line and a terminal sees no sequence of its own; bytes
/// that are no UTF-8 become U+FFFD.
pub(super) fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends what `value` displays, as a JSON string.
pub(super) fn push_display(out: &mut Vec<u8>, value: &dyn fmt::Display) {
    struct Escaping<'a>(&'a mut Vec<u8>);
    impl fmt::Write for Escaping<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            push_escaped(self.0, text.as_bytes());
            Ok(())
        }
    }
    out.push(b'"');
    // Only the value's own formatting could fail; then the string ends early.
    let _ = fmt::write(&mut Escaping(out), format_args!("{value}"));
    out.push(b'"');
}

fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\') {
        out.extend_from_slice(text);
    } else {
        for chunk in text.utf8_chunks() {
            chunk.valid().chars().for_each(|c| push_char(out, c));
            if !chunk.invalid().is_empty() {
                out.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
    }
}

fn push_char(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}') => {
            push(out, format_args!("\\u{:04x}", u32::from(c)));
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Appends a number with at least `width` digits.
pub(super) fn push_number(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        if rest == 0 && used >= width.max(1) {
            break;
        }
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Appends what is formatted.
pub(super) fn push(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    use std::io::Write;
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}
