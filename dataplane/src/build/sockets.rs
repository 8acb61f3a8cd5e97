//! Opens and closes the sockets that the tables need.

use crate::{
    listen::{self, Stop},
    tables::BindState,
    worker_pool::Workers,
};
use corten_snapshot::{Bind, ListenerKey};
use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::sync::watch;

/// A bind that the tables need open.
pub(crate) struct Wanted {
    pub(crate) bind: Bind,
    pub(crate) slot: usize,
    pub(crate) state: Arc<BindState>,
    pub(crate) listeners: Vec<ListenerKey>,
}

/// The sockets of this process.
pub(crate) struct Sockets {
    default: IpAddr,
    open: BTreeMap<Bind, Open>,
}

struct Open {
    slot: usize,
    address: SocketAddr,
    stop: watch::Sender<Stop>,
}

/// What became of the binds.
#[derive(Default)]
pub(crate) struct Opened {
    /// Listeners whose bind cannot be opened, and why, for people.
    pub(crate) failed: Vec<(ListenerKey, String)>,
    /// Every open address with its bind.
    pub(crate) addresses: Vec<(Bind, SocketAddr)>,
}

impl Sockets {
    /// `default` is the address for binds that name none.
    pub(crate) fn new(default: IpAddr) -> Self {
        Self { default, open: BTreeMap::new() }
    }

    /// Opens what is wanted and not open, closes what is open and not wanted. A bind that cannot be opened
    /// is tried again at the next call; the others go on.
    pub(crate) fn reconcile(&mut self, wanted: &[Wanted], workers: &Workers) -> Opened {
        self.open.retain(|bind, open| {
            let stays = wanted.iter().any(|want| want.bind == *bind && want.slot == open.slot);
            if !stays {
                let _ = open.stop.send(Stop::Now);
                workers.finish(open.slot);
            }
            stays
        });
        let mut opened = Opened::default();
        for want in wanted {
            if let Err(error) = self.ensure(want, workers) {
                let reason = explain(self.address(&want.bind), &error);
                opened.failed.extend(want.listeners.iter().map(|key| (key.clone(), reason.clone())));
            }
        }
        opened.addresses = self.open.iter().map(|(bind, open)| (bind.clone(), open.address)).collect();
        opened
    }

    fn address(&self, bind: &Bind) -> SocketAddr {
        SocketAddr::new(bind.address.unwrap_or(self.default), bind.port)
    }

    fn ensure(&mut self, want: &Wanted, workers: &Workers) -> io::Result<()> {
        if self.open.contains_key(&want.bind) {
            return Ok(());
        }
        let sockets = listen::open(self.address(&want.bind), workers.len())?;
        let address = match sockets.first() {
            Some(socket) => socket.local_addr()?,
            None => return Ok(()),
        };
        let (stop, stopped) = watch::channel(Stop::No);
        workers.listen(sockets, want.slot, &want.state, &stopped);
        self.open.insert(want.bind.clone(), Open { slot: want.slot, address, stop });
        Ok(())
    }

    /// Stops accepting everywhere without losing a connection; returns when the last socket is closed.
    pub(crate) async fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        for open in open.values() {
            let _ = open.stop.send(Stop::Gently);
        }
        for open in open.values() {
            open.stop.closed().await;
        }
    }
}

/// What a person can do about it.
fn explain(address: SocketAddr, error: &io::Error) -> String {
    let port = address.port();
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "cannot listen on {address}: the port is in use by another process; stop it or map the port with --port-map {port}=OTHER"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "cannot listen on {address}: ports below 1024 need rights that this process does not have; map the port with --port-map {port}={}",
            8000 + u32::from(port)
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("cannot listen on {address}: no interface of this machine has the address")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
