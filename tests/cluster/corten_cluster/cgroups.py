"""The control group of a cluster's pods: one folder below the root of each hierarchy (cgroup v1), or of the one (v2)."""

from __future__ import annotations

import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """Where control groups are made on this machine."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [folder for folder in sorted(ROOT.iterdir()) if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists()]


def create(name: str) -> None:
    """Makes it, with the processors and memory that its parent has."""
    for root in hierarchies():
        controllers = root / "cgroup.controllers"
        if controllers.exists():
            wanted = " ".join(f"+{controller}" for controller in controllers.read_text().split())
            (root / "cgroup.subtree_control").write_text(wanted)
        group = root / name
        group.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            # In version 1 a new group has none, and takes no process; in version 2 it has its parent's.
            if root.name == "cpuset" or root.name == "cpu,cpuset":
                (group / setting).write_text((root / setting).read_text())


def remove(name: str, patience: float = 10) -> None:
    """Removes it with all groups below. Those of processes that are just ending take a moment."""
    end = time.monotonic() + patience
    while True:
        left = [group for root in hierarchies() if (group := root / name).exists() and not remove_tree(group)]
        if not left:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"control groups remain: {', '.join(map(str, left))}")
        time.sleep(0.05)


def remove_tree(group: Path) -> bool:
    """Deepest first. False if one is still in use."""
    # The files in a group are the kernel's; only folders are removed.
    folders = [group, *(folder for folder in group.rglob("*") if folder.is_dir())]
    try:
        for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
            folder.rmdir()
    except OSError:
        return False
    return True
