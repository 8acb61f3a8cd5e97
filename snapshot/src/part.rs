//! A part of a snapshot.

use crate::{Certificate, Cluster, ContentHash, Endpoints, Host, Listener, Trust};
use serde::{Deserialize, Serialize};

/// The content of one part; its [`crate::PartKey`] has the same variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// See [`Listener`].
    Listener(Box<Listener>),
    /// See [`Host`].
    Host(Host),
    /// See [`Cluster`].
    Cluster(Cluster),
    /// See [`Endpoints`].
    Endpoints(Endpoints),
    /// See [`Certificate`].
    Certificate(Certificate),
    /// See [`Trust`].
    Trust(Trust),
}

impl Part {
    /// The hash of the part's encoding.
    #[expect(clippy::expect_used, reason = "plain data always encodes into a growing buffer")]
    pub fn hash(&self) -> ContentHash {
        // Most parts are small; one allocation is enough for them.
        let buffer = Vec::with_capacity(512);
        ContentHash::of(&postcard::to_extend(self, buffer).expect("a part encodes"))
    }
}
