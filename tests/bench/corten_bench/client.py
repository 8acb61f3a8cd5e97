"""A small HTTP/1.1 client for what is no load: readiness, idle connections, changes."""

from __future__ import annotations

import socket
import ssl

from .scenario import Site


class Connection:
    """A keep-alive connection; answers must carry Content-Length."""

    def __init__(self, site: Site, timeout: float = 10):
        plain = socket.create_connection(("127.0.0.1", site.port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket: socket.socket = plain
        if site.scenario.tls:
            context = ssl.create_default_context(cafile=str(site.certificate))
            self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.buffer = b""

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(self.buffer) < length:
            self._fill()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(head.split(b" ", 2)[1]), body

    def _fill(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed by the proxy")
        self.buffer += data

    def close(self) -> None:
        """Closes it."""
        self.socket.close()


def answers(site: Site, path: str) -> bool:
    """Whether a path is answered with 200 by now."""
    try:
        connection = Connection(site)
        try:
            return connection.get(path)[0] == 200
        finally:
            connection.close()
    except (OSError, ValueError):
        return False
