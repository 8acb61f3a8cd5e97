//! The admin server: `/healthz`, `/readyz` and `/metrics`.

use crate::metrics::Metrics;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore, time};

/// Connections that are served at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 32;

/// What is asked about the controller.
pub trait View: Send + Sync + 'static {
    /// What it still waits for. Empty: it is ready.
    fn waits_for(&self) -> Vec<String>;
}

/// Serves until the future is dropped. That it answers at all is what `/healthz` says: it runs on the loop that does all
/// the work.
pub async fn serve(listener: TcpListener, metrics: Arc<Metrics>, view: Arc<dyn View>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the admin server cannot accept; waiting");
                time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (metrics, view) = (metrics.clone(), view.clone());
        tokio::spawn(async move {
            let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
                let response = answer(request.method(), request.uri().path(), &metrics, &*view);
                async move { Ok::<_, Infallible>(response) }
            });
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(30))
                .max_buf_size(16 * 1024)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = serving.await {
                tracing::debug!(%error, "admin connection ended");
            }
            drop(place);
        });
    }
}

fn answer(method: &Method, path: &str, metrics: &Metrics, view: &dyn View) -> Response<Full<Bytes>> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return respond(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
    }
    match path {
        "/healthz" => respond(StatusCode::OK, "ok\n"),
        "/readyz" => match view.waits_for() {
            waits if waits.is_empty() => respond(StatusCode::OK, "ok\n"),
            waits => respond(StatusCode::SERVICE_UNAVAILABLE, waits.join("\n") + "\n"),
        },
        "/metrics" => match metrics.text() {
            Ok(text) => respond(StatusCode::OK, text),
            Err(error) => respond(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        },
        _ => respond(StatusCode::NOT_FOUND, "Not found. There are /healthz, /readyz and /metrics.\n"),
    }
}

fn respond(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    struct Waits(Vec<String>);

    impl View for Waits {
        fn waits_for(&self) -> Vec<String> {
            self.0.clone()
        }
    }

    async fn get(method: Method, path: &str, waits: &[&str]) -> (u16, String) {
        let view = Waits(waits.iter().map(ToString::to_string).collect());
        let response = answer(&method, path, &Metrics::default(), &view);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn ready_once_nothing_is_waited_for() {
        let waits = ["Gateway has not synced", "Service has not synced"];
        let (status, text) = get(Method::GET, "/readyz", &waits).await;
        assert_eq!((status, text.as_str()), (503, "Gateway has not synced\nService has not synced\n"));
        assert_eq!(get(Method::GET, "/readyz", &[]).await.0, 200);
        assert_eq!(get(Method::GET, "/healthz", &waits).await.0, 200);
    }

    #[tokio::test]
    async fn metrics_and_nothing_else() {
        let (status, text) = get(Method::GET, "/metrics", &[]).await;
        assert!(status == 200 && text.contains("corten_controller_leader 0"), "{text}");
        assert_eq!(get(Method::GET, "/snapshot", &[]).await.0, 404);
        assert_eq!(get(Method::POST, "/metrics", &[]).await.0, 405);
    }
}
