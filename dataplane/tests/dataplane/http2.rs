//! HTTP/2 on either side.

use crate::support::{Config, Gateway, backend, fixed, within};
use bytes::Bytes;
use corten_snapshot::UpstreamProtocol;
use http_body_util::{BodyExt, Empty, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use tokio::net::TcpStream;

type Sender = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

async fn connect(gateway: &Gateway) -> Sender {
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn get(sender: &mut Sender, path: &str) -> (u16, String) {
    let uri = format!("http://example.com{path}");
    let request = Request::builder().uri(uri).header("cookie", "a=1").header("cookie", "b=2");
    let response = within(sender.send_request(request.body(Empty::new()).unwrap())).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// An HTTP/2 backend that answers with what it was asked.
async fn mirror() -> std::net::SocketAddr {
    backend(|_, stream| async move {
        let service = service_fn(|request: Request<Incoming>| async move {
            let host = request.headers().contains_key("host");
            let text = format!("{} {} host={host}", request.method(), request.uri());
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
        });
        let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = serving.serve_connection(TokioIo::new(stream), service).await;
    })
    .await
}

#[tokio::test]
async fn a_client_with_prior_knowledge_reaches_an_http1_upstream_and_cookies_are_joined() {
    let address = backend(|_, mut stream| async move {
        while let Some(head) = crate::support::request(&mut stream).await {
            crate::support::respond(&mut stream, 200, &head).await;
        }
    })
    .await;
    let gateway = Gateway::start(&Config::to(&[address])).await;
    let mut sender = connect(&gateway).await;
    let (status, head) = get(&mut sender, "/x?y=1").await;
    assert_eq!(status, 200);
    let head = head.to_lowercase();
    assert!(head.starts_with("get /x?y=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: example.com\r\n"), "{head}");
    assert!(head.contains("\r\ncookie: a=1; b=2\r\n"), "{head}");
}

#[tokio::test]
async fn an_h2c_upstream_gets_its_authority_and_many_streams_on_one_connection() {
    let mut config = Config::to(&[mirror().await]);
    config.cluster.protocol = UpstreamProtocol::Http2;
    let gateway = Gateway::start(&config).await;
    let answer = gateway.get("/one").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "GET http://example.com/one host=false"));
    let mut sender = connect(&gateway).await;
    for _ in 0..10 {
        assert_eq!(get(&mut sender, "/two").await.1, "GET http://example.com/two host=false");
    }
}

#[tokio::test]
async fn the_streams_of_a_connection_are_apart() {
    let gateway = Gateway::start(&Config::to(&[fixed("ok").await])).await;
    let sender = connect(&gateway).await;
    let requests = (0..50).map(|number| {
        let mut sender = sender.clone();
        tokio::spawn(async move { get(&mut sender, &format!("/{number}")).await })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), (200, "ok".to_owned()));
    }
}
