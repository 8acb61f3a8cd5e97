//! Attacks on a running gateway over real sockets. Each test says what must hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod fields;
mod floods;
mod framing;
mod misdirected;
mod paths;
mod slow;
mod upgrade;
mod upstream;

use corten_test_support::{Backend, Client, Gateway};

/// A gateway in front of a backend that echoes and records.
struct Target {
    gateway: Gateway,
    backend: Backend,
}

impl Target {
    fn start() -> Self {
        let backend = Backend::echo();
        Self { gateway: Gateway::to(&backend), backend }
    }

    /// With a ListenerPolicy of these fields.
    fn with_policy(fields: &str) -> Self {
        let backend = Backend::echo();
        let rule = corten_test_support::yaml::prefix_rule("/", "app");
        let builder = Gateway::builder().service("app", &[&backend]).route("app", &[], &rule).policy(fields);
        Self { gateway: builder.start(), backend }
    }

    /// These bytes are answered with `status`, once, the connection ends, and the backend sees nothing.
    #[track_caller]
    fn refuses(&self, bytes: impl AsRef<[u8]>, status: u16) {
        let before = self.backend.count();
        let mut client = self.gateway.client();
        client.send(bytes);
        let response = client.response();
        assert_eq!(response.status, status, "{}\n{}", response.head, response.text());
        assert!(client.is_closed(), "the connection stays open");
        self.serves_others();
        let records = self.backend.records();
        assert_eq!(records.len(), before + 1, "the backend saw {:?}", &records[before..]);
    }

    /// Another client is answered as ever.
    #[track_caller]
    fn serves_others(&self) {
        let mut client: Client = self.gateway.client();
        let response = client.request("POST /others HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
        assert_eq!((response.status, response.text().as_str()), (200, "ok"));
    }
}
