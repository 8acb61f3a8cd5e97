//! The request that is asked about.

use corten_snapshot::ListenerProtocol;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header::HOST};
use std::str::FromStr;

/// A request, as the command line says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// From the scheme.
    pub protocol: ListenerProtocol,
    /// The URL's host, lower-case: the address that is called, and the SNI.
    pub server: String,
    /// The URL's port, if it names one.
    pub port: Option<u16>,
    /// The path as written.
    pub path: String,
    /// What stands behind `?`.
    pub query: Option<String>,
    /// The header fields.
    pub headers: HeaderMap,
}

impl FromStr for Request {
    type Err = String;

    /// `GET https://shop.example/cart?x=1`; without a method it is GET.
    fn from_str(text: &str) -> Result<Self, String> {
        let (method, url) = match text.trim().split_once(char::is_whitespace) {
            Some((method, url)) => (method, url.trim()),
            None => ("GET", text.trim()),
        };
        let method = method.parse().map_err(|_| format!("`{method}` is no method"))?;
        // A fragment never leaves the client.
        let url = url.split('#').next().unwrap_or(url);
        let uri: Uri = url.parse().map_err(|error| format!("`{url}` is no URL: {error}"))?;
        let protocol = match uri.scheme_str() {
            Some("http") => ListenerProtocol::Http,
            Some("https") => ListenerProtocol::Https,
            _ => {
                return Err(
                    "write a URL with http:// or https://, such as https://shop.example/cart".to_owned()
                );
            }
        };
        let server = uri.host().filter(|host| !host.is_empty()).ok_or("the URL has no host")?;
        Ok(Self {
            method,
            protocol,
            server: server.trim_end_matches('.').to_ascii_lowercase(),
            port: uri.port_u16(),
            path: if uri.path().is_empty() { "/".to_owned() } else { uri.path().to_owned() },
            query: uri.query().map(str::to_owned),
            headers: HeaderMap::new(),
        })
    }
}

impl Request {
    /// Adds `name: value`.
    ///
    /// # Errors
    /// What is no header field.
    pub fn add_header(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text.split_once(':').ok_or_else(|| format!("`{text}`: write 'name: value'"))?;
        let name: HeaderName = name.trim().parse().map_err(|_| format!("`{name}` is no header name"))?;
        let value: HeaderValue = value.trim().parse().map_err(|_| format!("`{value}` is no header value"))?;
        self.headers.append(name, value);
        Ok(())
    }

    /// The host that is asked for: the `Host` field if it is given, else the URL's; lower-case, without port.
    pub fn host(&self) -> String {
        let given = self.headers.get(HOST).and_then(|value| value.to_str().ok());
        let Some(given) = given else { return self.server.clone() };
        let without_port = match given.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => given,
        };
        without_port.trim_end_matches('.').to_ascii_lowercase()
    }

    /// The port that is called if the URL names none.
    pub fn default_port(&self) -> u16 {
        match self.protocol {
            ListenerProtocol::Http => 80,
            ListenerProtocol::Https => 443,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        text.parse().unwrap()
    }

    #[test]
    fn methods_and_urls() {
        let r = request("post https://Shop.Example.:8443/cart?x=1#top");
        assert_eq!(r.method.as_str(), "post", "methods are case-sensitive");
        assert_eq!(
            (r.server.as_str(), r.port, r.path.as_str(), r.query.as_deref()),
            ("shop.example", Some(8443), "/cart", Some("x=1"))
        );
        assert_eq!(r.protocol, ListenerProtocol::Https);
        let r = request("http://a");
        assert_eq!((r.method, r.path.as_str(), r.query, r.port), (Method::GET, "/", None, None));
    }

    #[test]
    fn what_is_no_request() {
        for text in ["", "GET", "GET /cart", "ftp://a/b", "G@T http://a/", "GET http:///x", "GET http://a b/"]
        {
            assert!(text.parse::<Request>().is_err(), "{text}");
        }
    }

    #[test]
    fn headers_and_host() {
        let mut r = request("http://10.0.0.1:8080/");
        assert_eq!(r.host(), "10.0.0.1");
        r.add_header("Host: Shop.Example:80").unwrap();
        r.add_header("x-a:b").unwrap();
        assert_eq!(r.host(), "shop.example");
        assert_eq!(r.headers["x-a"], "b");
        for wrong in ["x-a", "x a: b", "x: \u{1}"] {
            assert!(r.add_header(wrong).is_err(), "{wrong}");
        }
    }
}
