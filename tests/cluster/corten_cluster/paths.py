"""Where things are: the tree, the cache outside of it, and one folder for each cluster that runs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
TREE = SOURCE.parent.parent
CACHE = Path(os.environ.get("CORTEN_CACHE") or Path.home() / ".cache" / "corten") / "cluster"
BIN = CACHE / "bin"
IMAGES = CACHE / "images"


@dataclass(frozen=True)
class Cluster:
    """The files of a cluster with that name; they exist while it runs."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", self.name):
            raise ValueError(f'"{self.name}" names no cluster: small letters, digits and dashes, at most 32')

    @property
    def folder(self) -> Path:
        """Certificates, kubeconfigs and what else the node reads; removed by `down`."""
        return CACHE / "run" / self.name

    @property
    def logs(self) -> Path:
        """One file for each daemon, kept until the next `up`."""
        return CACHE.parent / "logs" / f"cluster-{self.name}"

    @property
    def state(self) -> Path:
        """What `up` noted of the running node, as JSON."""
        return self.folder / "node.json"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, usable in the node's network namespace and outside of it."""
        return self.folder / "kubeconfig"

    @property
    def source(self) -> Path:
        """What the node reads of the tree, as it was at the start."""
        return self.folder / "source"

    @property
    def hold(self) -> Path:
        """A file with a daemon's name in it keeps that daemon stopped."""
        return self.folder / "hold"

    @property
    def cgroup(self) -> str:
        """The control group of the pods, below the root of each hierarchy."""
        return f"corten-{self.name}"
