//! The service that hyper calls for each request.

use super::{Answered, answer};
use crate::{
    body::ResponseBody,
    check,
    connection::{Command, Connection},
    error::{self, RequestFacts},
    exchange::Exchange,
    session::Session,
    upgrade,
    worker::Worker,
};
use http::{HeaderValue, Method, Request, Response, Version, header};
use hyper::body::Incoming;
use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc};

/// Answers the requests of one connection.
pub(crate) struct Service {
    session: Arc<Session>,
}

impl Service {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    pub(crate) fn worker(&self) -> &Arc<Worker> {
        &self.session.worker
    }

    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.session.connection
    }
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    // Boxed, so that an idle connection does not carry the room of a request.
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let session = self.session.clone();
        Box::pin(async move { Ok(handle(session, request).await) })
    }
}

/// One exchange: there is an answer to every request.
async fn handle(session: Arc<Session>, request: Request<Incoming>) -> Response<ResponseBody> {
    let view = session.worker.view();
    let count = session.connection.request_begins();
    let mut exchange = Exchange::begin(session.clone());
    let bind = view.tables.bind(session.slot);
    if bind.is_some_and(|bind| bind.logs) {
        exchange.draft(&request);
    }
    let http1 = request.version() < Version::HTTP_2;
    let is_head = request.method() == Method::HEAD;
    let grpc =
        !http1 && request.headers().get(header::CONTENT_TYPE).is_some_and(|t| check::is_grpc(t.as_bytes()));
    let (mut response, closes) = match answer(bind, &mut exchange, request).await {
        Ok(answered) => (attach(answered, exchange), false),
        Err(error) => {
            if let Some(bind) = bind
                && !exchange.placed()
            {
                exchange.at(&bind.default);
            }
            let id = exchange.id().clone();
            let facts = RequestFacts { request_id: Some(&id), grpc, head: is_head, http1 };
            let mut response = error::response(&error, facts);
            response.headers_mut().extend(exchange.error_headers());
            let closes = error.closes();
            exchange.failed(error);
            (attach(Answered::Here(response), exchange), closes)
        }
    };
    let full = |most: u32| count >= most;
    let last = session.most_requests.is_some_and(full) || session.worker.draining();
    if http1 && (last || closes) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    } else if last {
        session.connection.tell(Command::Finish);
    }
    response
}

/// Ties the exchange to what ends it.
fn attach(answered: Answered, mut exchange: Exchange) -> Response<ResponseBody> {
    match answered {
        Answered::Here(response) => {
            exchange.status(response.status().as_u16());
            response.map(|body| ResponseBody::memory(body, exchange))
        }
        Answered::Upstream(response) => {
            exchange.status(response.status().as_u16());
            response.map(|body| ResponseBody::upstream(body, exchange))
        }
        Answered::Switched { head, client, upstream } => {
            exchange.status(head.status.as_u16());
            upgrade::join(client, upstream, exchange);
            Response::from_parts(head, ResponseBody::empty())
        }
    }
}
