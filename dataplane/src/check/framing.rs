//! A length beside a coding, which hyper hides.
//!
//! Of a request with `Content-Length` and `Transfer-Encoding` hyper drops the length, reads the chunks and
//! closes afterwards (RFC 9112 section 6.3 allows it), so that [`super::head`] sees an ordinary chunked
//! request. A proxy before the gateway may have gone by the length, and what followed was smuggled past it: we
//! refuse such requests (CVE-2025-4366, CVE-2026-2835). The bytes are looked at on their way to hyper.

use memchr::memchr_iter;

/// Looks through the bytes of an HTTP/1 connection for header sections that hold both fields.
///
/// It does not parse, it looks for both names at the start of lines without an empty line between them. It
/// never misses; it could mistake a request body that holds such a section, and is therefore asked only about
/// requests that have a coding.
#[derive(Debug, Default)]
pub(crate) struct Framing {
    length: bool,
    coding: bool,
    tail: [u8; TAIL],
    tail_len: u8,
}

/// `\nTransfer-Encoding:`, which may be cut anywhere but at its end.
const TAIL: usize = 18;

const LENGTH: (&[u8], &[u8]) = (b"\ncontent", b"length:");
const CODING: (&[u8], &[u8]) = (b"\ntransfer", b"encoding:");

impl Framing {
    /// Takes the next bytes of the connection. `true`: a section in them, or that ends in them, has both.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut both = false;
        if self.tail_len > 0 {
            // What lies across the border.
            let mut border = [0; 2 * TAIL];
            let old = usize::from(self.tail_len);
            let new = bytes.len().min(TAIL);
            let parts = self.tail.iter().take(old).chain(bytes.iter().take(new));
            border.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
            both = self.scan(border.get(..old + new).unwrap_or_default());
        }
        both |= self.scan(bytes);
        self.keep_tail(bytes);
        both
    }

    fn scan(&mut self, bytes: &[u8]) -> bool {
        let mut both = false;
        let mut behind = 0;
        for hyphen in memchr_iter(b'-', bytes) {
            let (before, after) = (bytes.get(..hyphen).unwrap_or_default(), bytes.get(hyphen + 1..));
            // Most hyphens are between other letters.
            let last = before.last().map(u8::to_ascii_lowercase);
            if last != Some(b't') && last != Some(b'r') {
                continue;
            }
            let is = |name: (&[u8], &[u8])| {
                let head = before.len().checked_sub(name.0.len()).and_then(|at| before.get(at..));
                let tail = after.and_then(|after| after.get(..name.1.len()));
                head.is_some_and(|head| head.eq_ignore_ascii_case(name.0))
                    && tail.is_some_and(|tail| tail.eq_ignore_ascii_case(name.1))
            };
            let (length, coding) = (is(LENGTH), is(CODING));
            if length || coding {
                self.forget_after_empty_line(bytes.get(behind..hyphen).unwrap_or_default());
                self.length |= length;
                self.coding |= coding;
                both |= self.length && self.coding;
                behind = hyphen;
            }
        }
        self.forget_after_empty_line(bytes.get(behind..).unwrap_or_default());
        both
    }

    /// A section ends at an empty line; hyper takes a bare line feed for a line end too.
    fn forget_after_empty_line(&mut self, bytes: &[u8]) {
        if (self.length || self.coding) && has_empty_line(bytes) {
            (self.length, self.coding) = (false, false);
        }
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        if bytes.ends_with(b"\n\r\n") || bytes.ends_with(b"\n\n") {
            // Most reads end so: with a whole request, or the end of chunks. What follows starts a line.
            self.tail[0] = b'\n';
            self.tail_len = 1;
            return;
        }
        let old = usize::from(self.tail_len);
        let kept = old.min(TAIL.saturating_sub(bytes.len()));
        self.tail.copy_within(old - kept..old, 0);
        let new = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default();
        if let Some(room) = self.tail.get_mut(kept..kept + new.len()) {
            room.copy_from_slice(new);
        }
        self.tail_len = (kept + new.len()) as u8;
    }
}

fn has_empty_line(bytes: &[u8]) -> bool {
    memchr_iter(b'\n', bytes).any(|at| {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
    })
}
