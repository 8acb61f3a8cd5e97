//! Which header fields of interest a request has, as bits, so that later steps look up only what is there.

use crate::error::{Code, Error};
use std::ops::BitOr;

/// A set of facts about a header section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    seen: u32,
    twice: u32,
}

macro_rules! bits {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl Facts {
            $($(#[$doc])* pub(crate) const $name: Self = Self { seen: 1 << $bit, twice: 0 };)*
        }
    };
}

bits! {
    /// `Host`.
    HOST = 0;
    /// `Connection`.
    CONNECTION = 1;
    /// `Keep-Alive`.
    KEEP_ALIVE = 2;
    /// `Proxy-Connection`.
    PROXY_CONNECTION = 3;
    /// `TE`.
    TE = 4;
    /// `Transfer-Encoding`.
    TRANSFER_ENCODING = 5;
    /// `Content-Length`.
    CONTENT_LENGTH = 6;
    /// `Upgrade`.
    UPGRADE = 7;
    /// `HTTP2-Settings`.
    HTTP2_SETTINGS = 8;
    /// `Expect`.
    EXPECT = 9;
    /// `Content-Type`.
    CONTENT_TYPE = 10;
    /// `Forwarded`.
    FORWARDED = 11;
    /// `X-Forwarded-For`.
    X_FORWARDED_FOR = 12;
    /// `X-Forwarded-Proto`.
    X_FORWARDED_PROTO = 13;
    /// `X-Forwarded-Host`.
    X_FORWARDED_HOST = 14;
    /// `X-Forwarded-Port`.
    X_FORWARDED_PORT = 15;
    /// Any other `X-Forwarded-*`.
    X_FORWARDED_OTHER = 16;
    /// `X-Real-IP`.
    X_REAL_IP = 17;
    /// `X-Request-Id`.
    X_REQUEST_ID = 18;
    /// `Proxy-Authorization`.
    PROXY_AUTHORIZATION = 19;
    /// A name with `_` in it.
    UNDERSCORE = 20;
    /// `Connection` names fields that have to be removed.
    NOMINATED = 21;
    /// `Connection` says `upgrade`.
    CONNECTION_UPGRADE = 22;
    /// `Content-Type` says gRPC.
    GRPC = 23;
    /// `Content-Length` above zero.
    CONTENT = 24;
    /// `Upgrade` names a protocol that is never switched to.
    UPGRADE_REFUSED = 25;
    /// The request asks for an upgrade and may.
    UPGRADE_ASKED = 26;
}

impl BitOr for Facts {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl Facts {
    /// Fields whose values are looked into.
    pub(super) const INSPECTED: Self = Self::CONNECTION
        .or(Self::TRANSFER_ENCODING)
        .or(Self::CONTENT_LENGTH)
        .or(Self::UPGRADE)
        .or(Self::EXPECT)
        .or(Self::CONTENT_TYPE);

    /// Both sets.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self { seen: self.seen | other.seen, twice: self.twice | other.twice }
    }

    /// Whether all of `facts` hold.
    pub(crate) const fn contains(self, facts: Self) -> bool {
        self.seen & facts.seen == facts.seen
    }

    /// Whether any of `facts` holds.
    pub(crate) const fn intersects(self, facts: Self) -> bool {
        self.seen & facts.seen != 0
    }

    /// Whether a field was there more than once.
    pub(crate) const fn twice(self, field: Self) -> bool {
        self.twice & field.seen != 0
    }

    /// Adds `facts`.
    pub(super) fn see(&mut self, facts: Self) {
        self.twice |= self.seen & facts.seen;
        self.seen |= facts.seen;
    }

    /// The fact that a field of this (lower-case) name is there. By length first: this is done for every
    /// field of every request.
    ///
    /// # Errors
    /// A name that a backend could take for one that the gateway asserts, because it reads `_` as `-`.
    pub(super) fn field(name: &str) -> Result<Self, Error> {
        let field = match (name.len(), name) {
            (2, "te") => Self::TE,
            (4, "host") => Self::HOST,
            (6, "expect") => Self::EXPECT,
            (7, "upgrade") => Self::UPGRADE,
            (9, "forwarded") => Self::FORWARDED,
            (9, "x-real-ip") => Self::X_REAL_IP,
            (10, "connection") => Self::CONNECTION,
            (10, "keep-alive") => Self::KEEP_ALIVE,
            (12, "content-type") => Self::CONTENT_TYPE,
            (12, "x-request-id") => Self::X_REQUEST_ID,
            (14, "content-length") => Self::CONTENT_LENGTH,
            (14, "http2-settings") => Self::HTTP2_SETTINGS,
            (16, "proxy-connection") => Self::PROXY_CONNECTION,
            (17, "transfer-encoding") => Self::TRANSFER_ENCODING,
            (19, "proxy-authorization") => Self::PROXY_AUTHORIZATION,
            _ => return Self::other_field(name),
        };
        Ok(field)
    }

    fn other_field(name: &str) -> Result<Self, Error> {
        if let Some(rest) = name.strip_prefix("x-forwarded-") {
            return match rest {
                "for" => Ok(Self::X_FORWARDED_FOR),
                "proto" => Ok(Self::X_FORWARDED_PROTO),
                "host" => Ok(Self::X_FORWARDED_HOST),
                "port" => Ok(Self::X_FORWARDED_PORT),
                _ => Ok(Self::X_FORWARDED_OTHER),
            };
        }
        // A fold instead of `contains`: without an early exit it becomes a few vector instructions.
        if !name.bytes().fold(false, |found, byte| found | (byte == b'_')) {
            return Ok(Self::default());
        }
        if is_asserted(&name.replace('_', "-")) {
            return Err(Error::new(Code::BadHeader).detail("A header name imitates one of the gateway's."));
        }
        Ok(Self::UNDERSCORE)
    }
}

/// Whether the gateway itself vouches for the field, or the framing of messages hangs on it.
pub(crate) fn is_asserted(name: &str) -> bool {
    name.starts_with("x-forwarded-")
        || matches!(
            name,
            "authorization"
                | "connection"
                | "content-encoding"
                | "content-length"
                | "content-type"
                | "cookie"
                | "expect"
                | "forwarded"
                | "host"
                | "http2-settings"
                | "keep-alive"
                | "proxy-authorization"
                | "proxy-connection"
                | "te"
                | "trailer"
                | "transfer-encoding"
                | "upgrade"
                | "x-real-ip"
                | "x-request-id"
        )
}
