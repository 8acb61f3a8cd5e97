"""Daemons that end are started again, unless they are held; orphans are reaped."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from . import process, supervisor
from .daemons import Daemon
from .supervisor import Supervisor


class SupervisorTest(unittest.TestCase):
    """Over real processes. The supervisor's loop is turned by hand."""

    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("HOLD", "LOGS"):
            (folder / name).mkdir()
            self.enterContext(mock.patch.object(supervisor, name, folder / name))
        self.enterContext(mock.patch.object(supervisor, "PAUSE", 0))
        self.enterContext(mock.patch("builtins.print"))
        self.folder = folder
        self.under_test: Supervisor | None = None

    def tearDown(self) -> None:
        for pid in self.under_test.running if self.under_test else ():
            os.kill(pid, 9)
            os.waitpid(pid, 0)

    def supervise(self, *daemons: Daemon) -> Supervisor:
        self.under_test = Supervisor(list(daemons), 0)
        return self.under_test

    def turn_until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, "waited in vain")
            assert self.under_test is not None
            self.under_test.reap()
            self.under_test.stop_held()
            self.under_test.start_waiting()
            time.sleep(0.01)

    def test_what_ends_is_started_again_and_its_log_goes_on(self) -> None:
        self.supervise(Daemon("short", ["sh", "-c", "echo once more"]))
        log = self.folder / "LOGS" / "short.log"
        self.turn_until(lambda: log.exists() and log.read_text().count("once more") >= 3)

    def test_what_is_held_is_killed_and_waits(self) -> None:
        watched = self.supervise(Daemon("long", ["sleep", "1000"]))
        self.turn_until(lambda: watched.running)
        (first,) = watched.running
        hold = self.folder / "HOLD" / "long"
        hold.touch()
        self.turn_until(lambda: not watched.running)
        self.assertIsNone(process.started(first))
        self.assertIn("long", watched.waiting)
        hold.unlink()
        self.turn_until(lambda: watched.running)
        self.assertNotIn(first, watched.running)

    def test_a_daemon_waits_for_what_it_needs(self) -> None:
        watched = self.supervise(Daemon("late", ["sleep", "1000"], after="etcd"))
        answers = iter([False, False, True])
        watched.answers["etcd"] = lambda: next(answers)
        self.turn_until(lambda: watched.running)
        self.assertEqual(list(answers), [], "it was asked until it answered")

    def test_a_child_of_nobody_is_reaped(self) -> None:
        watched = self.supervise()
        child = subprocess.Popen(["true"])
        child.returncode = 0
        self.turn_until(lambda: not Path(f"/proc/{child.pid}").exists())
        self.assertEqual(watched.running, {})


if __name__ == "__main__":
    unittest.main()
