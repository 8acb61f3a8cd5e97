"""Where the peers' binaries are, and how they tell their version."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path


def in_package(package: str, *parts: str) -> Path:
    """A file inside an installed Python package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the Python package {package} is not installed")
    return Path(spec.submodule_search_locations[0], *parts)


def beside_python(name: str) -> Path:
    """A command that a wheel has put beside the interpreter."""
    return Path(sys.executable).with_name(name)


def version_of(*command: str, env: dict[str, str] | None = None) -> str:
    """The first version number of three parts that a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
    return found.group() if found else "?"
