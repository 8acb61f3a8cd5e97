//! A backend on hyper: HTTP/2 in cleartext, HTTP/1.1 or HTTP/2 over TLS. It echoes the body and says in
//! header fields how it was reached. Whoever asks it for an upgrade gets a tunnel that echoes.

use bytes::Bytes;
use corten_test_support::tls::Certificate;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    convert::Infallible,
    net::Ipv4Addr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

/// It ends with this value.
pub(crate) struct HyperBackend {
    port: u16,
    connections: Arc<AtomicUsize>,
    _runtime: Runtime,
}

/// How a request came.
#[derive(Clone, Default)]
struct Way {
    sni: String,
    alpn: String,
}

impl HyperBackend {
    /// HTTP/2 without TLS.
    pub(crate) fn h2c() -> Self {
        Self::start(None)
    }

    /// TLS with these ALPN protocols.
    pub(crate) fn tls(certificate: &Certificate, alpn: &[&str]) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(certificate.cert.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self::start(Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn start(acceptor: Option<TlsAcceptor>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = connections.clone();
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(connection(socket, acceptor.clone()));
            }
        });
        Self { port, connections, _runtime: runtime }
    }

    /// How many connections it has been given.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

async fn connection(socket: TcpStream, acceptor: Option<TlsAcceptor>) {
    let _ = socket.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        return serve(socket, Way::default(), true).await;
    };
    let Ok(stream) = acceptor.accept(socket).await else { return };
    let (_, tls) = stream.get_ref();
    let alpn = String::from_utf8_lossy(tls.alpn_protocol().unwrap_or_default()).into_owned();
    let way = Way { sni: tls.server_name().unwrap_or_default().to_owned(), alpn };
    let http2 = way.alpn == "h2";
    serve(stream, way, http2).await;
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, way: Way, http2: bool) {
    let service = service_fn(move |request| echo(request, way.clone()));
    let io = TokioIo::new(stream);
    if http2 {
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, service)
            .await;
    } else {
        let serving = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
        let _ = serving.with_upgrades().await;
    }
}

type Body = BoxBody<Bytes, Infallible>;

async fn echo(request: Request<Incoming>, way: Way) -> Result<Response<Body>, Infallible> {
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("?"));
    if request.headers().contains_key("upgrade") {
        return Ok(switch(request, &way));
    }
    let (parts, body) = request.into_parts();
    let collected = body.collect().await;
    let trailers = collected.as_ref().ok().and_then(|body| body.trailers().cloned());
    let bytes = collected.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut response = Response::new(Body::default());
    let headers = response.headers_mut();
    headers.insert("x-version", value(if parts.version == Version::HTTP_2 { "2" } else { "1.1" }));
    headers.insert("x-target", value(&parts.uri.to_string()));
    headers.insert("x-sni", value(&way.sni));
    headers.insert("x-alpn", value(&way.alpn));
    if let Some(host) = parts.headers.get("host") {
        headers.insert("x-host", host.clone());
    }
    if let Some(te) = parts.headers.get("te") {
        headers.insert("x-te", te.clone());
    }
    let body = match trailers {
        Some(trailers) => {
            response.headers_mut().insert("trailer", announced(&trailers));
            Pieces([Frame::trailers(trailers), Frame::data(bytes)].into()).boxed()
        }
        None => Full::new(bytes).boxed(),
    };
    *response.body_mut() = body;
    Ok(response)
}

/// 101, and whatever comes then goes back.
fn switch(mut request: Request<Incoming>, way: &Way) -> Response<Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let (mut from, mut to) = tokio::io::split(TokioIo::new(upgraded));
        let _ = tokio::io::copy(&mut from, &mut to).await;
    });
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert("connection", HeaderValue::from_static("upgrade"));
    headers.insert("upgrade", request.headers()["upgrade"].clone());
    headers.insert("x-alpn", HeaderValue::from_str(&way.alpn).unwrap());
    response
}

/// A body of unknown length, its pieces last to first.
struct Pieces(Vec<Frame<Bytes>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop().map(Ok))
    }
}

/// The names of the trailers, for `Trailer`.
fn announced(trailers: &HeaderMap) -> HeaderValue {
    let names: Vec<_> = trailers.keys().map(http::HeaderName::as_str).collect();
    HeaderValue::from_str(&names.join(", ")).unwrap()
}
