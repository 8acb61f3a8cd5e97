"""The suite: a `websockets` client and server with the gateway between them.

Usage: client.py URI, such as ws://127.0.0.1:8080. Ends with `N passed, N failed`.
"""

import asyncio
import json
import sys
import unittest
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

BASE = sys.argv[1]


def open_socket(path: str, **options: object) -> connect:
    """A connection to the server, without keep-alive pings and limits of its own."""
    return connect(BASE + path, ping_interval=None, max_size=None, **options)  # type: ignore[arg-type]


async def report() -> dict:
    """What the server says it has seen."""
    async with open_socket("/report") as socket:
        await socket.send("")
        return json.loads(await socket.recv())


async def eventually(condition: Callable[[dict], bool]) -> dict:
    """The first report that satisfies a condition."""
    async with asyncio.timeout(20):
        while not condition(seen := await report()):
            await asyncio.sleep(0.05)
        return seen


class WebSocketTest(unittest.IsolatedAsyncioTestCase):
    """Each test opens connections of its own."""

    async def test_text_and_binary_come_back_as_they_were(self) -> None:
        async with open_socket("/echo") as socket:
            messages: list[str | bytes] = ["", "plain", "ünïcödé ☃ 🦀", b"", bytes(range(256))]
            for message in messages:
                await socket.send(message)
                self.assertEqual(await socket.recv(), message)

    async def test_fragments_stay_fragments(self) -> None:
        async with open_socket("/echo", compression=None) as socket:
            fragments = ["one", "two", "", "three"]
            await socket.send(fragments)
            self.assertEqual([f async for f in socket.recv_streaming()], [*fragments, ""])

    async def test_a_large_message_arrives_whole(self) -> None:
        async with open_socket("/echo", compression=None) as socket:
            message = bytes(i * 7 % 256 for i in range(1 << 20)) * 16
            sending = asyncio.create_task(socket.send(message))
            self.assertEqual(await socket.recv(), message)
            await sending

    async def test_compression_is_agreed_between_the_ends(self) -> None:
        async with open_socket("/echo") as socket:
            assert socket.response is not None
            extensions = socket.response.headers["Sec-WebSocket-Extensions"]
            self.assertIn("permessage-deflate", extensions)
            await socket.send("a" * 100_000)
            self.assertEqual(await socket.recv(), "a" * 100_000)

    async def test_the_subprotocol_is_the_servers_choice(self) -> None:
        async with open_socket("/echo", subprotocols=["chat.v1", "chat.v2"]) as socket:
            self.assertEqual(socket.subprotocol, "chat.v2")

    async def test_pings_are_answered_by_the_other_end(self) -> None:
        async with open_socket("/echo") as socket:
            async with asyncio.timeout(20):
                await (await socket.ping(b"payload"))

    async def test_the_clients_close_code_reaches_the_server(self) -> None:
        async with open_socket("/echo") as socket:
            await socket.close(3456, "done")
        await eventually(lambda seen: 3456 in seen["closed"])

    async def test_the_servers_close_code_reaches_the_client(self) -> None:
        async with open_socket("/close") as socket:
            with self.assertRaises(ConnectionClosed) as caught:
                await socket.recv()
            assert caught.exception.rcvd is not None
            self.assertEqual((caught.exception.rcvd.code, caught.exception.rcvd.reason), (4001, "enough"))

    async def test_a_refused_handshake_keeps_its_status_and_body(self) -> None:
        with self.assertRaises(InvalidStatus) as caught:
            async with open_socket("/nowhere"):
                self.fail("opened")
        self.assertEqual(caught.exception.response.status_code, 403)
        self.assertEqual(caught.exception.response.body, b"not here")

    async def test_many_connections_at_once(self) -> None:
        async def one(number: int) -> None:
            async with open_socket("/echo") as socket:
                for turn in range(5):
                    await socket.send(f"{number}.{turn}")
                    self.assertEqual(await socket.recv(), f"{number}.{turn}")

        await asyncio.gather(*(one(number) for number in range(200)))

    async def test_silence_beyond_the_idle_timeout_keeps_it_open(self) -> None:
        async with open_socket("/echo") as socket:
            await asyncio.sleep(7)
            await socket.send("still there")
            self.assertEqual(await socket.recv(), "still there")

    async def test_a_slow_reader_holds_the_server_back(self) -> None:
        async with open_socket("/flood", compression=None, max_queue=2) as socket:
            stalled = await self.stall()
            self.assertLess(stalled, 32 << 20, "the gateway takes in more than it gives out")
            total = 0
            while total < 64 << 20:
                total += len(await socket.recv())
            self.assertEqual(total, 64 << 20)

    async def stall(self) -> int:
        """How much the server had sent when it made no more progress."""
        last = -1
        while (now := (await report())["flooded"]) != last:
            last = now
            await asyncio.sleep(0.5)
        return last

    async def test_a_client_that_vanishes_is_noticed_by_the_server(self) -> None:
        sockets: list[ClientConnection] = [await open_socket("/echo") for _ in range(5)]
        await eventually(lambda seen: seen["open"] >= 6)
        for socket in sockets:
            socket.transport.abort()
        await eventually(lambda seen: seen["open"] == 1)


def main() -> int:
    """Runs the suite and prints the closing line."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(WebSocketTest)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


sys.exit(main())
