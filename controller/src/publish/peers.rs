//! What the connected dataplanes hold.

use corten_snapshot::{Ack, ContentHash, Rejected};
use std::collections::BTreeMap;
use tokio::sync::watch;

/// A connected dataplane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its process, if the kernel knows.
    pub pid: Option<i32>,
    /// The revision that it acknowledged last; 0 before the first.
    pub revision: u64,
    /// What it holds.
    pub hash: ContentHash,
    /// Every part of it that is not in effect, and why. Sorted by key.
    pub rejected: Vec<Rejected>,
}

/// All connected dataplanes, by the number of their connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peers(BTreeMap<u64, Peer>);

impl Peers {
    /// Each of them, with the number of its connection.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Peer)> {
        self.0.iter().map(|(connection, peer)| (*connection, peer))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is at least one and each has acknowledged `revision` or a later one: then a status may say
    /// `Programmed`.
    pub fn have_acknowledged(&self, revision: u64) -> bool {
        !self.is_empty() && self.0.values().all(|peer| peer.revision >= revision)
    }

    /// The parts that are not in effect on some dataplane, each once for each reason. Sorted by key.
    pub fn rejected(&self) -> Vec<Rejected> {
        let mut all: Vec<_> = self.0.values().flat_map(|peer| &peer.rejected).cloned().collect();
        all.sort();
        all.dedup();
        all
    }
}

/// A dataplane's place among the peers, given up when it is dropped.
#[derive(Debug)]
pub(super) struct Registration {
    peers: watch::Sender<Peers>,
    id: u64,
}

impl Registration {
    pub(super) fn new(peers: watch::Sender<Peers>, id: u64, pid: Option<i32>) -> Self {
        peers.send_modify(|peers| {
            peers.0.insert(id, Peer { pid, ..Peer::default() });
        });
        Self { peers, id }
    }

    /// Notes what the dataplane has answered.
    pub(super) fn acknowledged(&self, ack: Ack) {
        self.peers.send_if_modified(|peers| {
            let Some(peer) = peers.0.get_mut(&self.id) else { return false };
            let next = Peer { pid: peer.pid, revision: ack.revision, hash: ack.hash, rejected: ack.rejected };
            let changed = *peer != next;
            *peer = next;
            changed
        });
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.peers.send_modify(|peers| {
            peers.0.remove(&self.id);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_snapshot::{PartKey, TrustKey};

    fn rejected(name: &str, reason: &str) -> Rejected {
        Rejected { key: PartKey::Trust(TrustKey::new(name)), reason: reason.into() }
    }

    fn ack(revision: u64, rejected: Vec<Rejected>) -> Ack {
        Ack { revision, hash: ContentHash([1; 32]), rejected }
    }

    #[test]
    fn all_connected_dataplanes_count_and_only_those() {
        let peers = watch::Sender::new(Peers::default());
        assert!(!peers.borrow().have_acknowledged(1), "nobody has");
        let one = Registration::new(peers.clone(), 1, Some(42));
        let two = Registration::new(peers.clone(), 2, None);
        one.acknowledged(ack(3, vec![]));
        assert!(!peers.borrow().have_acknowledged(3), "the other has not");
        two.acknowledged(ack(2, vec![]));
        assert!(peers.borrow().have_acknowledged(2));
        assert!(!peers.borrow().have_acknowledged(3));
        drop(two);
        assert!(peers.borrow().have_acknowledged(3));
        assert_eq!(
            peers.borrow().iter().map(|(id, peer)| (id, peer.pid)).collect::<Vec<_>>(),
            [(1, Some(42))]
        );
        drop(one);
        assert!(peers.borrow().is_empty());
    }

    #[test]
    fn rejections_are_told_once_for_each_reason() {
        let peers = watch::Sender::new(Peers::default());
        let one = Registration::new(peers.clone(), 1, None);
        let two = Registration::new(peers.clone(), 2, None);
        one.acknowledged(ack(1, vec![rejected("a", "no PEM"), rejected("b", "port in use")]));
        two.acknowledged(ack(1, vec![rejected("a", "no PEM"), rejected("b", "no permission")]));
        let all = [rejected("a", "no PEM"), rejected("b", "no permission"), rejected("b", "port in use")];
        assert_eq!(peers.borrow().rejected(), all);
        two.acknowledged(ack(2, vec![]));
        assert_eq!(peers.borrow().rejected(), [rejected("a", "no PEM"), rejected("b", "port in use")]);
    }

    #[test]
    fn an_equal_answer_wakes_nobody() {
        let peers = watch::Sender::new(Peers::default());
        let one = Registration::new(peers.clone(), 1, None);
        one.acknowledged(ack(1, vec![]));
        let watching = peers.subscribe();
        one.acknowledged(ack(1, vec![]));
        assert!(!watching.has_changed().unwrap());
    }
}
