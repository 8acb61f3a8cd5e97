"""Passes connections from the machine's loopback address on to the API server in the node's namespace.

The listening socket was opened outside and inherited; the connections are made here, inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until the source ends; then the target is told so."""
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """One connection. Without an API server it is refused by being closed."""
    try:
        upstream, downstream = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(copy(reader, downstream), copy(upstream, writer))
    finally:
        downstream.close()
        writer.close()


async def main(listener: int, port: int) -> None:
    """Serves for ever."""
    server = await asyncio.start_server(lambda r, w: serve(r, w, port), sock=socket.socket(fileno=listener))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
