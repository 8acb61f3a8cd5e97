//! Copies of requests for mirrors.

use crate::{
    body::{Guarded, RequestBody},
    forward::resolve,
    tables::Target,
    upstream::{Lease, address, send},
    worker::Worker,
};
use http::{Request, request::Parts, uri::PathAndQuery};
use http_body_util::BodyExt;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long a mirror may take, with the reading of its answer.
const LIMIT: Duration = Duration::from_secs(30);
/// Pieces of a body that a mirror may lag behind before it is given up.
const LAG: usize = 64;

/// Sends a copy of the request to `mirror` and forgets about it. What the mirror does, or fails to do,
/// never touches the request itself.
pub(crate) fn mirror(
    mirror: &Target,
    worker: &Arc<Worker>,
    head: &Parts,
    target: &PathAndQuery,
    body: Option<&mut Guarded>,
) {
    let Ok((handle, cluster)) = resolve(mirror) else { return };
    let mut head = head.clone();
    if address(&mut head, target.clone(), &cluster.transport).is_err() {
        return;
    }
    let body = match body {
        None => RequestBody::Empty,
        Some(body) => {
            let (sender, receiver) = mpsc::channel(LAG);
            body.copy_to(sender);
            RequestBody::Copy(receiver)
        }
    };
    let Some(endpoint) = handle.pick(&cluster, worker.id, None) else { return };
    let lease = Lease::new(endpoint, worker.id, cluster.settings.max_idle_per_endpoint);
    let request = Request::from_parts(head, body);
    tokio::spawn(tokio::time::timeout(LIMIT, async move {
        let Ok(answer) = send(&cluster, lease, request).await else { return };
        let mut body = answer.response.into_body();
        while let Some(Ok(_)) = body.frame().await {}
        answer.lease.complete(tokio::time::Instant::now());
    }));
}
