//! A part of a snapshot.

use crate::{Certificate, Cluster, ContentHash, Endpoints, Host, Listener, Trust};
use serde::{Deserialize, Serialize};

/// The content of one part; its [`crate::PartKey`] has the same variant. Boxed is what is large, since most parts of a
/// large snapshot are small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// See [`Listener`].
    Listener(Box<Listener>),
    /// See [`Host`].
    Host(Box<Host>),
    /// See [`Cluster`].
    Cluster(Box<Cluster>),
    /// See [`Endpoints`].
    Endpoints(Endpoints),
    /// See [`Certificate`].
    Certificate(Box<Certificate>),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of a large snapshot is a cluster or endpoints, thousands of them.
    #[test]
    fn parts_are_small() {
        assert!(size_of::<Part>() <= 32, "{}", size_of::<Part>());
        assert!(size_of::<Cluster>() <= 112, "{}", size_of::<Cluster>());
    }
}
