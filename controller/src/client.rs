//! The client of the API server, which notices when a connection is dead.
//!
//! Where a machine dies or a load balancer forgets a connection, nobody tells this end. A watch would wait for minutes on
//! such a connection, and a write forever, so the kernel is asked to find out.

use anyhow::Context as _;
use hyper_util::{
    client::legacy::{Client as Hyper, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use kube::{
    Client, Config,
    client::{ConfigExt, retry::RetryPolicy},
};
use std::time::Duration;
use tower::{BoxError, ServiceBuilder, retry::RetryLayer};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// After how long without a word the other end is asked whether it is there, and how often.
const ASK: Duration = Duration::from_secs(10);
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// After how long without an answer to what was sent a connection is dead.
const DEAD: Duration = Duration::from_secs(20);

/// A client for the cluster of the pod, or of the kubeconfig. It is not connected yet.
///
/// # Errors
/// If neither is there, or what it says cannot be used.
pub async fn connect() -> anyhow::Result<Client> {
    let config = Config::infer().await?;
    // A proxy is a developer's, between a kubeconfig and a cluster; kube knows how to speak to it.
    if config.proxy_url.is_some() {
        return Ok(Client::try_from(config)?);
    }
    let https = config.rustls_https_connector_with_connector(connector())?;
    let pool = Hyper::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(https);
    let retry = config.default_retry.then(|| RetryLayer::new(RetryPolicy::server_retry()));
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(retry)
        .option_layer(config.auth_layer().context("credentials")?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(pool);
    Ok(Client::new(service, config.default_namespace))
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    // TLS comes on top.
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_keepalive(Some(ASK));
    connector.set_keepalive_interval(Some(ASK_AGAIN));
    connector.set_tcp_user_timeout(Some(DEAD));
    connector
}
