//! hyper's own answers to what is no request: 400, 414 and 431.
//!
//! hyper writes them itself, without a body, since there is no request that a service could be asked about. On their
//! way out they get the same problem document as every other refusal.

use crate::{
    error::{self, Code, Error, RequestFacts},
    headers::fresh_request_id,
};
use bytes::Bytes;
use http::HeaderValue;

/// An answer in the place of hyper's.
pub(super) struct Refusal {
    pub(super) code: Code,
    /// By which the log can be searched.
    pub(super) id: HeaderValue,
    /// What is still to be written.
    pub(super) rest: Bytes,
}

const NO_BODY: &[u8] = b"content-length: 0\r\n";

/// The refusal in the place of `written`, if that is hyper's answer and nothing else: a whole head, of a status that
/// hyper gives by itself, without a body. Its status line, `Connection` and `Date` stay.
///
/// A request that was refused cannot be told to be a HEAD; the connection ends behind the answer, so that a client
/// that wants no body loses nothing.
pub(super) fn of(written: &[u8]) -> Option<Refusal> {
    let code = match written.strip_prefix(b"HTTP/1.1 ")?.get(..4)? {
        b"400 " => Code::Malformed,
        b"414 " => Code::UriTooLong,
        b"431 " => Code::HeadersTooLarge,
        _ => return None,
    };
    let end = written.windows(4).position(|window| window == b"\r\n\r\n")?;
    let at = written.windows(NO_BODY.len()).position(|window| window == NO_BODY)?;
    if end + 4 != written.len() {
        return None;
    }
    let id = fresh_request_id();
    let facts = RequestFacts { request_id: Some(&id), http1: true, ..RequestFacts::default() };
    let response = error::response(&Error::new(code), facts);
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(written.get(..at)?);
    for (name, value) in response.headers().iter().filter(|(name, _)| **name != http::header::CONNECTION) {
        out.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    out.extend_from_slice(format!("content-length: {}\r\n", response.body().len()).as_bytes());
    out.extend_from_slice(written.get(at + NO_BODY.len()..)?);
    out.extend_from_slice(response.body());
    Some(Refusal { code, id, rest: out.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPERS: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: D\r\n\r\n";

    #[test]
    fn a_refusal_keeps_the_head_and_gets_a_document() {
        let refusal = of(HYPERS.as_bytes()).unwrap();
        assert_eq!(refusal.code, Code::HeadersTooLarge);
        let text = String::from_utf8(refusal.rest.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"));
        assert!(
            head.contains("\r\ncontent-type: application/problem+json\r\n") && head.ends_with("\r\ndate: D")
        );
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        assert_eq!(head.matches("connection").count(), 1, "{head}");
        assert!(body.contains(refusal.id.to_str().unwrap()), "{body}");
    }

    #[test]
    fn what_is_not_hypers_own_is_left_alone() {
        for other in [
            HYPERS.replace("431", "200"),
            HYPERS.replace("431", "404"),
            HYPERS.replace("content-length: 0", "content-length: 1"),
            format!("{HYPERS}x"),
            format!("x{HYPERS}"),
            HYPERS.replace("\r\n\r\n", "\r\n"),
            String::new(),
        ] {
            assert!(of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
