"""What is asked of the machine: ports, processes on a core of their own, CPU time and memory."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

PROXY_CORE = 0
LOAD_CORE = 1 % (os.cpu_count() or 1)
TICKS = os.sysconf("SC_CLK_TCK")
OPEN_FILES = 16384

_claims: list[int] = []


def claim_port() -> int:
    """A port of loopback below the ephemeral range, claimed until this process ends.

    The claim is a lock on a file, as in `corten_test_support::ports`, so that suites which run
    beside the benchmark stay away from it.
    """
    folder = Path(tempfile.gettempdir()) / "corten-test-ports"
    folder.mkdir(exist_ok=True)
    start = os.getpid() * 97 % 12000
    for step in range(12000):
        port = 20000 + (start + step) % 12000
        lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            os.close(lock)
            continue
        _claims.append(lock)
        return port
    raise RuntimeError("no free port")


def raise_limits() -> None:
    """The same number of open files for this process and all that it starts."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


class Process:
    """A process pinned to one core; ended with `stop` or at the end of a `with`."""

    def __init__(self, command: list[str], core: int, folder: Path, env: dict[str, str] | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "output.log"
        self.started = time.monotonic()
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(
                ["taskset", "-c", str(core), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, **(env or {})},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for what is left after five seconds."""
        pids = list(self.pids())
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                for pid in pids:
                    _kill(pid)
                self.child.wait()

    def pids(self) -> Iterator[int]:
        """The process and everything below it."""
        todo = [self.child.pid]
        while todo:
            pid = todo.pop()
            yield pid
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                todo.extend(int(word) for word in _read(children).split())

    def cpu_seconds(self) -> float:
        """User and system time so far, of all its processes."""
        ticks = 0
        for pid in self.pids():
            # Fields 14 and 15, counted after the name, which may hold spaces.
            fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def pss_kib(self) -> int:
        """Proportional memory of all its processes."""
        total = 0
        for pid in self.pids():
            for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> float:
        """Seconds from the start until the condition held, polled each millisecond."""
        while not condition():
            if self.child.poll() is not None or time.monotonic() - self.started > seconds:
                raise RuntimeError(f"{what}: not reached\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.001)
        return time.monotonic() - self.started


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
