//! CORS (GEP-1767).

use crate::{hostname, problem::Problem, text};
use corten_crds::gateway::{CorsFilter, CorsMethod};
use corten_snapshot::{Cors, OriginMatch};

/// Seconds that a preflight answer may be kept where the filter does not say.
const DEFAULT_MAX_AGE: u32 = 5;

/// Compiles the filter.
pub(super) fn compile(given: &CorsFilter, field: &str) -> Result<Cors, Problem> {
    let refused = |part: &str, message: String, remedy: &'static str| {
        Problem::new("UnsupportedValue", format!("{field}.{part}"), message, remedy)
    };
    let mut allow_origins = Vec::with_capacity(given.allow_origins.len());
    for (position, text) in given.allow_origins.iter().enumerate() {
        let origin = origin(text).map_err(|why| {
            let message = format!("`{}` is no origin: {why}", text.escape_debug());
            refused(
                &format!("allowOrigins[{position}]"),
                message,
                "write scheme://host or scheme://host:port",
            )
        })?;
        if !allow_origins.contains(&origin) {
            allow_origins.push(origin);
        }
    }
    if allow_origins.contains(&OriginMatch::Any) {
        allow_origins = vec![OriginMatch::Any];
    }
    let any_method = given.allow_methods.contains(&CorsMethod::Any);
    if any_method && given.allow_methods.len() > 1 {
        return Err(refused(
            "allowMethods",
            "`*` stands alone".to_owned(),
            "remove `*` or the other methods",
        ));
    }
    Ok(Cors {
        allow_origins,
        allow_methods: given.allow_methods.iter().map(|method| method.as_str().to_owned()).collect(),
        allow_headers: headers(&given.allow_headers, &format!("{field}.allowHeaders"))?,
        expose_headers: headers(&given.expose_headers, &format!("{field}.exposeHeaders"))?,
        allow_credentials: given.allow_credentials.unwrap_or(false),
        max_age: given.max_age.unwrap_or(DEFAULT_MAX_AGE),
    })
}

/// Names of headers as they are written, or `*` alone.
fn headers(names: &[String], field: &str) -> Result<Vec<String>, Problem> {
    let refused = |position: usize, message: String, remedy: &'static str| {
        Problem::new("UnsupportedValue", format!("{field}[{position}]"), message, remedy)
    };
    for (position, name) in names.iter().enumerate() {
        if name == "*" && names.len() > 1 {
            return Err(refused(position, "`*` stands alone".to_owned(), "remove `*` or the other names"));
        }
        if name != "*" {
            text::header_name(name).map_err(|message| refused(position, message, "write a header name"))?;
        }
    }
    Ok(names.to_vec())
}

/// Reads an origin. A port that is the scheme's own is left out, as browsers do.
fn origin(text: &str) -> Result<OriginMatch, &'static str> {
    if text == "*" {
        return Ok(OriginMatch::Any);
    }
    let text = text.to_ascii_lowercase();
    let (scheme, rest) = text.split_once("://").ok_or("it has no scheme")?;
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.bytes().all(letters) {
        return Err("its scheme is none");
    }
    let (host, port) = split_port(rest)?;
    let own_port = matches!((scheme, port), ("http", Some(80)) | ("https", Some(443)));
    let port = port.filter(|_| !own_port).map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = format!("{scheme}://");
    if let Some(suffix) = host.strip_prefix('*') {
        let name = suffix.strip_prefix('.').unwrap_or(suffix);
        if !name.is_empty() {
            hostname::check(name)?;
        }
        return Ok(OriginMatch::Wildcard { scheme, suffix: format!("{suffix}{port}") });
    }
    if !is_ip_literal(host) && host.parse::<std::net::Ipv4Addr>().is_err() {
        hostname::check(host)?;
    }
    Ok(OriginMatch::Exact(format!("{scheme}{host}{port}")))
}

fn split_port(rest: &str) -> Result<(&str, Option<u16>), &'static str> {
    let colon = rest.rfind(':').filter(|_| !rest.ends_with(']'));
    let Some((host, port)) = colon.and_then(|colon| Some((rest.get(..colon)?, rest.get(colon + 1..)?)))
    else {
        return Ok((rest, None));
    };
    match port.parse() {
        Ok(0) | Err(_) => Err("its port is none"),
        Ok(port) => Ok((host, Some(port))),
    }
}

fn is_ip_literal(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Result<OriginMatch, &'static str> {
        Ok(OriginMatch::Exact(text.to_owned()))
    }

    fn wildcard(scheme: &str, suffix: &str) -> Result<OriginMatch, &'static str> {
        Ok(OriginMatch::Wildcard { scheme: scheme.to_owned(), suffix: suffix.to_owned() })
    }

    #[test]
    fn origins() {
        assert_eq!(origin("*"), Ok(OriginMatch::Any));
        assert_eq!(origin("https://www.foo.com"), exact("https://www.foo.com"));
        assert_eq!(origin("https://www.foo.com:443"), exact("https://www.foo.com"));
        assert_eq!(origin("http://www.foo.com:443"), exact("http://www.foo.com:443"));
        assert_eq!(origin("HTTP://Foo.com:8080"), exact("http://foo.com:8080"));
        assert_eq!(origin("http://127.0.0.1:3000"), exact("http://127.0.0.1:3000"));
        assert_eq!(origin("http://[::1]:3000"), exact("http://[::1]:3000"));
        assert_eq!(origin("http://[::1]"), exact("http://[::1]"));
        assert_eq!(origin("https://*.foo.com"), wildcard("https://", ".foo.com"));
        assert_eq!(origin("https://*.foo.com:8443"), wildcard("https://", ".foo.com:8443"));
        assert_eq!(origin("https://*:8443"), wildcard("https://", ":8443"));
        assert_eq!(origin("https://*"), wildcard("https://", ""));
    }

    #[test]
    fn what_is_no_origin() {
        for text in [
            "",
            "foo.com",
            "://foo.com",
            "https://",
            "https://a.*.com",
            "https://foo.com/",
            "https://foo.com:0",
            "https://foo.com:70000",
            "https://foo.com:",
            "https://foo bar",
            "https://a\r\nb",
            "1http://foo.com",
            "https://*.*.com",
            "null",
        ] {
            assert!(origin(text).is_err(), "{text:?}");
        }
    }
}
