"""Words for the person who waits, apart from what a command prints as its result."""

from __future__ import annotations

import sys
import time

BEGIN = time.monotonic()


def say(text: str) -> None:
    """One line on standard error, with the seconds since the start."""
    print(f"[{time.monotonic() - BEGIN:6.1f}] {text}", file=sys.stderr, flush=True)
