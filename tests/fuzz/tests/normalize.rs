//! The normaliser of request paths.

use corten_fuzz::{Campaign, targets::normalize};

const PIECES: &[&[u8]] = &[
    b"/",
    b"//",
    b"/./",
    b"/../",
    b"..",
    b"%2e",
    b"%2E%2e",
    b"%2f",
    b"%5C",
    b"%00",
    b"%c0%ae",
    b"%e0%80%af",
    b"..;",
    b";a=b",
    b"%25",
    b"%2525",
    b"%zz",
    b"%7f",
    b"\\",
    b"?",
    b"#",
    b"[",
    "é".as_bytes(),
];

#[test]
fn paths() {
    let report = Campaign::new("normalize").dictionary(PIECES).max_len(256).run(normalize::path);
    report.reached(&["Reject: changed true", "Keep: changed true", "Decode: changed true"]);
    report.reached(&["Reject: EscapedSlash", "Keep: AboveRoot", "Decode: HiddenDotSegment"]);
    report.reached(&["Reject: InvalidEscape", "Keep: Overlong", "Decode: Control", "Reject: Backslash"]);
}
