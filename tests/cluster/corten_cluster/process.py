"""Processes by id, safe against ids that have come to mean another process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def started(pid: int) -> int | None:
    """When the process started (in ticks since boot), which together with its id names it for ever."""
    try:
        # The second field is the command in parentheses, and may hold blanks.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start = fields[0], int(fields[19])
    return None if state in "ZX" else start


def children(pid: int) -> list[int]:
    """Its child processes."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def kill(pid: int, start: int, patience: float = 30) -> None:
    """Ends the process that was started then, and waits until it is gone."""
    end = time.monotonic() + patience
    while started(pid) == start:
        if time.monotonic() > end:
            raise TimeoutError(f"process {pid} does not end")
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        time.sleep(0.02)
