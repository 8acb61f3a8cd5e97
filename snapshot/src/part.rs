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
        ContentHash::of(&postcard::to_allocvec(self).expect("a part encodes"))
    }
}
