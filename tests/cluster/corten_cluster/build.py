"""Builds what the cluster is made of from the pinned modules in `modules/`, into the cache."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from dataclasses import dataclass, field

from .paths import BIN, CACHE, SOURCE
from .say import say


@dataclass(frozen=True)
class Module:
    """A folder with a go.mod whose tools are built; `test` also builds its tests, as a command of that name."""

    name: str
    flags: list[str] = field(default_factory=list)
    binary: str = ""
    test: str = ""

    def stamp(self, go_version: str) -> str:
        """Changes whenever the outcome of the build may."""
        digest = hashlib.sha256(f"{go_version} {self}".encode())
        for file in sorted((SOURCE / "modules" / self.name).iterdir()):
            digest.update(file.read_bytes())
        return digest.hexdigest()


def kubernetes_version() -> str:
    """The version that go.mod pins, which the binaries must be told: Helm compares it."""
    text = (SOURCE / "modules" / "kubernetes" / "go.mod").read_text()
    found = re.search(r"^\s*k8s\.io/kubernetes (v\d+\.\d+\.\d+)", text, re.MULTILINE)
    if found is None:
        raise RuntimeError("modules/kubernetes/go.mod pins no version of k8s.io/kubernetes")
    return found[1]


def modules() -> list[Module]:
    """All of them, the longest build first."""
    version = kubernetes_version()
    major, minor = version[1:].split(".")[:2]
    base = "k8s.io/component-base/version"
    told = f"-s -w -X {base}.gitVersion={version} -X {base}.gitMajor={major} -X {base}.gitMinor={minor}"
    plain = ["-ldflags=-s -w"]
    return [
        Module("kubernetes", [f"-ldflags={told}"]),
        Module("coredns", plain),
        Module("helm", plain),
        Module("containerd", [*plain, "-tags=no_btrfs,no_devmapper,no_zfs"]),
        Module("conformance", plain, test="conformance.test"),
        # The command's package is the root of its module, whose name would be "server".
        Module("etcd", plain, binary="etcd"),
    ]


def build_all() -> None:
    """Builds what is missing or has changed. A failure leaves the stamp unwritten, so that it is tried again."""
    BIN.mkdir(parents=True, exist_ok=True)
    go_version = output(["go", "env", "GOVERSION"])
    for module in modules():
        stamp = CACHE / "stamps" / module.name
        wanted = module.stamp(go_version)
        if stamp.exists() and stamp.read_text() == wanted:
            continue
        begin = time.monotonic()
        say(f"building {module.name}")
        build(module)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted)
        say(f"built {module.name} in {time.monotonic() - begin:.0f} s")


def build(module: Module) -> None:
    """Runs the Go compiler, politely: whoever asked for it is at work on the same machine."""
    folder = SOURCE / "modules" / module.name
    goflags = "-mod=readonly -buildvcs=false"
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": goflags, "GOWORK": "off"}
    target = f"{BIN}/{module.binary}"
    commands = [["go", "build", f"-o={target}", *module.flags, "tool"]]
    if module.test:
        commands.append(["go", "test", "-c", f"-o={BIN / module.test}", *module.flags, "."])
    for command in commands:
        subprocess.run(["nice", "-n", "10", *command], cwd=folder, env=environment, check=True)


def output(command: list[str]) -> str:
    """What a command prints, without the end of the line."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
