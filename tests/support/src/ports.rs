//! Ports for listeners that are named in YAML, and so cannot be port 0.

use std::{
    fs::{self, File},
    net::TcpListener,
    ops::RangeInclusive,
    path::PathBuf,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below the range from which the kernel hands out ephemeral ports (32768 on), so that neither an
/// outgoing connection nor a socket bound to port 0 takes one of these meanwhile.
const RANGE: RangeInclusive<u16> = 20_000..=31_999;

/// A port of the loopback address that no other test takes while this value lives. The claim is a
/// lock on a file named after the port, which the kernel drops when the process ends, however it ends.
#[derive(Debug)]
pub struct ReservedPort {
    port: u16,
    _lock: File,
}

impl ReservedPort {
    /// Claims a free port.
    pub fn new() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let size = RANGE.end() - RANGE.start() + 1;
        // Processes start at different places, so that they rarely try the same port.
        let start = (std::process::id().wrapping_mul(97) % u32::from(size)) as u16;
        for _ in 0..size {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let port = RANGE.start() + (start + step % size) % size;
            if let Some(lock) = claim(port) {
                return Self { port, _lock: lock };
            }
        }
        panic!("no free port in {RANGE:?}");
    }

    /// The port.
    pub fn get(&self) -> u16 {
        self.port
    }
}

impl Default for ReservedPort {
    fn default() -> Self {
        Self::new()
    }
}

fn claim(port: u16) -> Option<File> {
    let folder = folder();
    fs::create_dir_all(&folder).expect("folder of port claims");
    let lock = File::create(folder.join(port.to_string())).expect("file of a port claim");
    lock.try_lock().ok()?;
    // Something that is no test of ours may use it.
    TcpListener::bind(("127.0.0.1", port)).ok()?;
    Some(lock)
}

/// One folder for everyone who claims ports on this machine (`tests/bench/ports.py` does too).
fn folder() -> PathBuf {
    std::env::temp_dir().join("corten-test-ports")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_port_is_not_given_twice_and_comes_back() {
        let first = ReservedPort::new();
        assert!(claim(first.get()).is_none(), "claimed twice");
        TcpListener::bind(("127.0.0.1", first.get())).expect("the port itself is free");
        let port = first.get();
        drop(first);
        assert!(claim(port).is_some(), "not given back");
    }
}
