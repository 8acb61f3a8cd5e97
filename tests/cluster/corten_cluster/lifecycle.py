"""Starts a node, waits until it serves, and takes it down without a trace."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO

from . import cgroups, pki, process
from .build import build_all
from .images import NODE_IMAGES, Image, build_images
from .network import NODE_NAME
from .paths import BIN, CACHE, SOURCE, TREE, Cluster
from .say import say

UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--propagation", "private"]
PATIENCE = 180.0


@dataclass(frozen=True)
class Node:
    """The first process in the node's namespaces (`pid`), and unshare, its parent, by ids and starting times."""

    parent: int
    parent_start: int
    pid: int
    pid_start: int
    port: int

    def runs(self) -> bool:
        """Whether it is still that process."""
        return process.started(self.pid) == self.pid_start

    def enter(self, *namespaces: str) -> list[str]:
        """The words before a command that is to run inside."""
        return ["nsenter", f"--target={self.pid}", *(f"--{namespace}" for namespace in namespaces), "--"]


def load(cluster: Cluster) -> Node | None:
    """The node that runs under this name, if one does."""
    try:
        node = Node(**json.loads(cluster.state.read_text()))
    except FileNotFoundError:
        return None
    return node if node.runs() else None


@contextmanager
def lock(name: str) -> Iterator[None]:
    """One at a time: builds share the cache, and a cluster is brought up once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Builds all that a cluster is made of."""
    with lock("build"):
        build_all()
        build_images()


def up(cluster: Cluster, *, tied: bool) -> Node:
    """A cluster with that name that serves: the one that runs, or a new one. `tied`: it ends with this process."""
    prepare()
    with lock(f"run-{cluster.name}"):
        node = load(cluster)
        if node is not None:
            say(f"cluster {cluster.name} runs already")
            return node
        clear(cluster)
        try:
            node = start(cluster, tied=tied)
            serve(cluster, node)
        except BaseException:
            print_logs(cluster)
            clear(cluster)
            raise
        return node


def down(cluster: Cluster) -> None:
    """Ends it, whatever state it is in."""
    with lock(f"run-{cluster.name}"):
        clear(cluster)


def start(cluster: Cluster, *, tied: bool) -> Node:
    """The node's first process, with fresh keys and an empty log folder."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    cluster.hold.mkdir(parents=True)
    # Copied, since the tree changes under a node that runs for long: containerd ends when its configuration is replaced.
    for part in ("config", "corten_cluster"):
        shutil.copytree(SOURCE / part, cluster.source / part, ignore=shutil.ignore_patterns("__pycache__"))
    pki.create(cluster.folder / "pki", port)
    shutil.copy(cluster.folder / "pki" / "admin.kubeconfig", cluster.kubeconfig)
    shutil.rmtree(cluster.logs, ignore_errors=True)
    cluster.logs.mkdir(parents=True)
    cgroups.create(cluster.cgroup)
    tie = ["setpriv", "--pdeathsig", "KILL"] if tied else []
    command = [*tie, *UNSHARE, sys.executable, "-m", "corten_cluster.node", cluster.name, str(listener.fileno()), str(port)]
    with (cluster.logs / "node.log").open("wb") as log:
        parent = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=[listener.fileno()],
            env=os.environ | {"PYTHONPATH": str(SOURCE), "CORTEN_CACHE": str(CACHE.parent), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    listener.close()
    try:
        wait("the node's first process", lambda: process.children(parent.pid) or ended(parent))
        pid = process.children(parent.pid)[0]
        node = Node(parent.pid, process.started(parent.pid) or 0, pid, process.started(pid) or 0, port)
        cluster.state.write_text(json.dumps(asdict(node)))
    except BaseException:
        # Nobody has been told of it yet who could end it.
        parent.kill()
        raise
    return node


def ended(parent: subprocess.Popen[bytes]) -> bool:
    """Raises if the node is gone already: there is nothing to wait for."""
    if parent.poll() is not None:
        raise RuntimeError(f"the node ended at once with status {parent.returncode}")
    return False


def serve(cluster: Cluster, node: Node) -> None:
    """Loads the images and applies what every test finds there; returns when the node is ready and names resolve."""
    wait("containerd", lambda: node_runs(node) and succeeds(inside(node, "ctr", "version")))
    for image in NODE_IMAGES:
        load_image(node, image)
    say("images loaded")
    wait("the API server", lambda: node_runs(node) and succeeds(kubectl(cluster, "get", "--raw=/readyz")))
    say("API server ready")
    # All at once: the API server then makes its description of the kinds anew for many of them, not for each.
    with ThreadPoolExecutor() as pool:
        files = [*sorted((SOURCE / "manifests").glob("*.yaml")), *sorted((TREE / "crds" / "yaml").rglob("*.yaml"))]
        creations = [pool.submit(quietly, kubectl(cluster, "create", "--validate=false", f"--filename={file}")) for file in files]
    for creation in creations:
        creation.result()
    quietly(kubectl(cluster, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"))
    say("CRDs established")
    wait("the node's registration", lambda: node_runs(node) and succeeds(kubectl(cluster, "get", "node", NODE_NAME)))
    quietly(kubectl(cluster, "wait", "--for=condition=Ready", "--timeout=120s", "node", "--all"))
    say("node ready")
    quietly(kubectl(cluster, "--namespace=kube-system", "rollout", "status", "--timeout=120s", "deployment/coredns"))
    say(f"cluster {cluster.name} serves")


def load_image(node: Node, image: Image) -> None:
    """Into the node's containerd, under all of its names."""
    import_archive(node, str(image.archive))
    for name in image.names[1:]:
        quietly(inside(node, "ctr", "--namespace=k8s.io", "images", "tag", "--force", image.names[0], name))


def import_archive(node: Node, archive: str) -> None:
    """An archive of the machine, which the node may not see under its name: through standard input."""
    with open(archive, "rb") as content:
        quietly(inside(node, "ctr", "--namespace=k8s.io", "images", "import", "-"), content)


def inside(node: Node, program: str, *words: str) -> list[str]:
    """The command line of one of the cluster's programs in the node."""
    return [*node.enter("net", "mount", "pid"), f"/run/corten/bin/{program}", *words]


def quietly(command: list[str], stdin: IO[bytes] | None = None) -> None:
    """A command that must succeed, whose words matter only if it does not."""
    done = subprocess.run(
        command, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: {done.stdout.strip()}")


def succeeds(command: list[str]) -> bool:
    """Whether a command does."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def kubectl(cluster: Cluster, *words: str) -> list[str]:
    """The command line of kubectl for that cluster."""
    return [str(BIN / "kubectl"), f"--kubeconfig={cluster.kubeconfig}", *words]


def node_runs(node: Node) -> bool:
    """Raises if it does not: then no waiting helps."""
    if not node.runs():
        raise RuntimeError("the node has ended")
    return True


def wait(what: str, condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Until the condition holds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {patience:.0f} s in vain for {what}")
        time.sleep(0.1)


def clear(cluster: Cluster) -> None:
    """Processes first, by their ids; with the last of them the kernel ends mounts and network. Then what is on disk."""
    if cluster.state.exists():
        node = Node(**json.loads(cluster.state.read_text()))
        process.kill(node.pid, node.pid_start)
        process.kill(node.parent, node.parent_start)
    cgroups.remove(cluster.cgroup)
    shutil.rmtree(cluster.folder, ignore_errors=True)


def print_logs(cluster: Cluster, lines: int = 15) -> None:
    """The end of each log, for whoever reads the output of a failed run."""
    for log in sorted(cluster.logs.glob("*.log")):
        end = log.read_text(errors="replace").splitlines()[-lines:]
        print("\n".join([f"--- {log}", *end]), file=sys.stderr, flush=True)
