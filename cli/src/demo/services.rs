//! The three sample services of the demo: real HTTP servers on ports that the system chooses.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::{
    convert::Infallible,
    io,
    net::Ipv4Addr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::interval,
};

type Body = BoxBody<Bytes, Infallible>;

/// One in how many requests the flaky service answers.
const FLAKY_ONE_IN: u64 = 3;
/// Events on a stream, and the time between two.
const EVENTS: u64 = 5;
const EVENT_EVERY: Duration = Duration::from_millis(200);

/// Where the services listen.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Says what it got, as version 1.
    pub v1: u16,
    /// Says what it got, as version 2.
    pub v2: u16,
    /// Fails two of three times.
    pub flaky: u16,
}

/// Starts the services on the current runtime; they end with it.
///
/// # Errors
/// The system's, when it gives no port.
pub async fn start() -> io::Result<Ports> {
    Ok(Ports {
        v1: serve(Service::new("v1", false)).await?,
        v2: serve(Service::new("v2", false)).await?,
        flaky: serve(Service::new("flaky", true)).await?,
    })
}

/// One service.
#[derive(Debug)]
struct Service {
    name: &'static str,
    flaky: bool,
    requests: AtomicU64,
    copies: AtomicU64,
}

impl Service {
    fn new(name: &'static str, flaky: bool) -> Arc<Self> {
        Arc::new(Self { name, flaky, requests: AtomicU64::new(0), copies: AtomicU64::new(0) })
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        let count = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let path = request.uri().path();
        if path.starts_with("/mirrored") {
            self.copies.fetch_add(1, Ordering::Relaxed);
        }
        if self.flaky && !count.is_multiple_of(FLAKY_ONE_IN) {
            return text(StatusCode::SERVICE_UNAVAILABLE, "out of order, try again\n".to_owned());
        }
        match path {
            "/events" => self.events(),
            "/copies" => {
                let copies = self.copies.load(Ordering::Relaxed);
                text(StatusCode::OK, format!("{} has received {copies} copies\n", self.name))
            }
            _ => self.echo(request),
        }
    }

    /// What the service got, as JSON.
    fn echo(&self, request: &Request<Incoming>) -> Response<Body> {
        let body = json!({
            "service": self.name,
            "method": request.method().as_str(),
            "path": request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str),
            "headers": headers(request.headers()),
        });
        let mut response = text(StatusCode::OK, format!("{body}\n"));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        response
    }

    /// A few server-sent events, one after the other.
    fn events(&self) -> Response<Body> {
        let (name, ticks) = (self.name, interval(EVENT_EVERY));
        let events = Events { name, sent: 0, ticks };
        let mut response = Response::new(events.boxed());
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
        response
    }
}

/// The stream of events.
struct Events {
    name: &'static str,
    sent: u64,
    ticks: tokio::time::Interval,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.sent == EVENTS {
            return Poll::Ready(None);
        }
        self.ticks.poll_tick(context).map(|_| {
            self.sent += 1;
            let event = format!("data: event {} of {EVENTS} from {}\n\n", self.sent, self.name);
            Some(Ok(Frame::data(Bytes::from(event))))
        })
    }
}

fn headers(headers: &HeaderMap) -> serde_json::Map<String, serde_json::Value> {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .keys()
        .map(|name| {
            let values: Vec<_> = headers.get_all(name).iter().map(text).collect();
            (name.to_string(), values.join(", ").into())
        })
        .collect()
}

fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(text)).boxed());
    *response.status_mut() = status;
    response
}

async fn serve(service: Arc<Service>) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(connection(stream, service.clone()))),
                // Out of file descriptors, most likely: others must end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    Ok(port)
}

async fn connection(stream: TcpStream, service: Arc<Service>) {
    let answer = service_fn(move |request| {
        let response = service.answer(&request);
        async { Ok::<_, Infallible>(response) }
    });
    // A client that goes away is no event in a demo.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}
