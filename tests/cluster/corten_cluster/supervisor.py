"""Starts the daemons in their order and again when they end; inherits and reaps what they leave."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from .daemons import PKI, Daemon

HOLD = Path("/run/corten/hold")
LOGS = Path("/run/corten/logs")
POLL = 0.1
# A daemon that ends at once would otherwise be started in a tight loop.
PAUSE = 1.0


class Supervisor:
    """What runs, by process id. `hold/NAME` keeps a daemon stopped: so tests take the API server away."""

    def __init__(self, daemons: list[Daemon], port: int) -> None:
        self.waiting = {daemon.name: daemon for daemon in daemons}
        self.running: dict[int, Daemon] = {}
        self.not_before: dict[str, float] = {}
        self.answers = {"etcd": lambda: connects(2379), "kube-apiserver": lambda: is_ready(port), "": lambda: True}
        self.answered: set[str] = set()

    def run(self) -> None:
        """For ever: the first process of a pid namespace ends by being killed from outside."""
        while True:
            self.reap()
            self.stop_held()
            self.start_waiting()
            time.sleep(POLL)

    def reap(self) -> None:
        """Collects every child that has ended, orphans included."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            daemon = self.running.pop(pid, None)
            if daemon is not None:
                print(f"{daemon.name} ended: {os.waitstatus_to_exitcode(status)}", flush=True)
                self.waiting[daemon.name] = daemon
                self.not_before[daemon.name] = time.monotonic() + PAUSE

    def stop_held(self) -> None:
        """Kills what must not run: at once, as a machine that fails would."""
        for pid, daemon in self.running.items():
            if (HOLD / daemon.name).exists():
                os.kill(pid, 9)

    def start_waiting(self) -> None:
        """Starts what waits, if that is allowed and what it needs answers (which is asked once only)."""
        for name, daemon in list(self.waiting.items()):
            if (HOLD / name).exists() or time.monotonic() < self.not_before.get(name, 0):
                continue
            if daemon.after not in self.answered:
                if not self.answers[daemon.after]():
                    continue
                self.answered.add(daemon.after)
            self.running[start(daemon)] = self.waiting.pop(name)


def start(daemon: Daemon) -> int:
    """Its process id. Its output is appended to its log."""
    with log_of(daemon.name) as log:
        child = subprocess.Popen(
            daemon.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=daemon.descriptors, start_new_session=True
        )
    # Waited for by `reap`, along with all others: the object must not do it too.
    child.returncode = 0
    print(f"{daemon.name} started: process {child.pid}", flush=True)
    return child.pid


def log_of(name: str) -> IO[bytes]:
    """Opened to append: a daemon that starts again does not wipe out why it ended."""
    return (LOGS / f"{name}.log").open("ab")


def connects(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def is_ready(port: int) -> bool:
    """What the API server says of itself to the administrator."""
    context = ssl.create_default_context(cafile=f"{PKI}/ca.crt")
    context.load_cert_chain(f"{PKI}/admin.crt", f"{PKI}/admin.key")
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=2, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
        sys.stdout.flush()
