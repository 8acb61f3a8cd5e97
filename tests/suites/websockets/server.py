"""A WebSocket server on the `websockets` package, as the backend of the suite.

Usage: server.py PORT. What it does with a connection is said by the path; see `HANDLERS`.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from http import HTTPStatus

from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

FLOOD_MESSAGE = b"f" * 65536
FLOOD_MESSAGES = 1024

state = {"open": 0, "flooded": 0}
closed: list[int | None] = []


async def echo(socket: ServerConnection) -> None:
    """Sends each message back in the same fragments."""
    while True:
        fragments = [fragment async for fragment in socket.recv_streaming()]
        if len(fragments) == 1:
            await socket.send(fragments[0])
        else:
            # The library ends a message of fragments with an empty one of its own.
            await socket.send(fragments[:-1])


async def flood(socket: ServerConnection) -> None:
    """Sends 64 MiB as fast as they are taken, and notes how far it got."""
    state["flooded"] = 0
    for _ in range(FLOOD_MESSAGES):
        await socket.send(FLOOD_MESSAGE)
        state["flooded"] += len(FLOOD_MESSAGE)
    await socket.recv()


async def close(socket: ServerConnection) -> None:
    """Closes with a code and a reason of its own."""
    await socket.close(4001, "enough")


async def report(socket: ServerConnection) -> None:
    """Tells what the server has seen, once for each message."""
    async for _ in socket:
        await socket.send(json.dumps({**state, "closed": closed}))


HANDLERS = {"/echo": echo, "/flood": flood, "/close": close, "/report": report}


def admit(connection: ServerConnection, request: Request) -> Response | None:
    """Refuses what has no handler, before the upgrade."""
    if request.path not in HANDLERS:
        return connection.respond(HTTPStatus.FORBIDDEN, "not here")
    return None


def choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The newest that is offered."""
    return max(offered, default=None)


async def handle(socket: ServerConnection) -> None:
    """Counts the connection and hands it on."""
    assert socket.request is not None
    state["open"] += 1
    try:
        await HANDLERS[socket.request.path](socket)
    except ConnectionClosed:
        pass
    finally:
        state["open"] -= 1
        closed.append(socket.close_code)


async def main() -> None:
    """Serves until it is ended."""
    port = int(sys.argv[1])
    # A write buffer of 64 KiB, so that `flooded` follows what the peer takes.
    async with serve(
        handle,
        "127.0.0.1",
        port,
        process_request=admit,
        select_subprotocol=choose,
        max_size=None,
        write_limit=65536,
        ping_interval=None,
    ) as server:
        await server.serve_forever()


asyncio.run(main())
