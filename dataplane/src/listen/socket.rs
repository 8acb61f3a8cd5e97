//! Listening sockets, one for each worker, sharing a port.

use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};
use std::{io, net::SocketAddr, os::fd::AsFd};

/// Connections that may wait in the kernel for a worker.
const BACKLOG: i32 = 4096;

/// Opens `workers` sockets on `address` by SO_REUSEPORT.
///
/// All are opened at once and stay until the bind is gone, because changing their number would lose
/// connections that wait in the kernel. A plain bind is tried first: with SO_REUSEPORT alone a second
/// process on the same port would go unnoticed and get half of the traffic.
///
/// # Errors
/// What the system says, such as `AddrInUse` or `PermissionDenied`.
pub(crate) fn open(address: SocketAddr, workers: usize) -> io::Result<Vec<std::net::TcpListener>> {
    drop(bind(address, false)?);
    (0..workers.max(1)).map(|_| bind(address, true)?.listening()).collect()
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `::` serves both families where the system allows it.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// A program for the kernel's packet filter, over a segment's TCP header: a SYN is dropped, all else kept.
const DROP_SYN: [SockFilter; 4] = [
    // Load the byte with the flags (RFC 9293 section 3.1), test it for SYN, keep nothing or everything.
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x45, 0, 1, 0x02),
    SockFilter::new(0x06, 0, 0, 0),
    SockFilter::new(0x06, 0, 0, u32::MAX),
];

/// Lets no new connection begin on a listening socket; those whose handshake is under way go on.
///
/// Closing a listening socket resets every connection that the kernel has accepted and the process has not,
/// and their clients believe that they are connected. After this none can come that is not accepted soon; a
/// client whose SYN is dropped sends it again and is refused.
///
/// # Errors
/// The system's, where it allows no filter.
pub(super) fn refuse_new(socket: &impl AsFd) -> io::Result<()> {
    SockRef::from(socket).attach_filter(&DROP_SYN)
}

trait Listening {
    fn listening(self) -> io::Result<std::net::TcpListener>;
}

impl Listening for Socket {
    fn listening(self) -> io::Result<std::net::TcpListener> {
        self.listen(BACKLOG)?;
        self.set_nonblocking(true)?;
        Ok(self.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_a_port_and_a_second_owner_is_refused() {
        let first = open("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        let address = first[0].local_addr().unwrap();
        let error = open(address, 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        let again = open(address, 3).unwrap();
        assert_eq!(again.len(), 3);
        assert!(again.iter().all(|socket| socket.local_addr().unwrap() == address));
    }
}
