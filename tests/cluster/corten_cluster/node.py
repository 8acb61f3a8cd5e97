"""The first process in the node's namespaces: lays out files and network, then keeps the daemons running.

It is started by `lifecycle.start` under unshare(1). When it ends, the kernel ends every process, mount and
interface of the node with it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from .daemons import daemons
from .network import LOAD_BALANCERS, NODE, NODE_PREFIX
from .paths import BIN, CACHE, Cluster
from .supervisor import Supervisor

# What kubelet would set for the whole machine. It reads these files first, and leaves alone what is as it wants.
KERNEL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def main() -> None:
    """Lays out the node and stays."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("listener", type=int)
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    cluster = Cluster(given.name)
    files(cluster)
    kernel_settings()
    network()
    os.environ["PATH"] = "/run/corten/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["PYTHONPATH"] = "/run/corten/source"
    os.environ.pop("KUBECONFIG", None)
    Supervisor(daemons(given.port, given.listener), given.port).run()


def files(cluster: Cluster) -> None:
    """Fixed paths under /run/corten, and memory wherever a daemon writes: the machine's own files are not touched."""
    folders = {"bin": BIN, "source": cluster.source, "pki": cluster.folder / "pki", "hold": cluster.hold, "logs": cluster.logs}
    # Opened by their names before anything covers these names, and bound by way of a folder that nothing covers.
    stage = cluster.folder / "stage"
    stage.mkdir()
    run("mount", "-t", "tmpfs", "-o", "mode=755", "node", str(stage))
    for name, folder in folders.items():
        target = stage / "corten" / name
        target.mkdir(parents=True)
        run("mount", "--bind", str(folder), str(target))
    run("mount", "--rbind", str(stage), "/run")
    for folder in ("/var/lib", "/var/log"):
        run("mount", "-t", "tmpfs", "-o", "mode=755", "node", folder)
    for folder in ("/run/netns", "/run/lock", "/var/lib/kubelet"):
        Path(folder).mkdir(exist_ok=True)


def kernel_settings() -> None:
    """Covers the settings with what kubelet wants to read, since they are the machine's and not the node's."""
    for name, value in KERNEL.items():
        fake = Path("/run/kernel") / name
        fake.parent.mkdir(parents=True, exist_ok=True)
        fake.write_text(value + "\n")
        real = Path("/proc/sys") / name
        if real.exists():
            run("mount", "--bind", str(fake), str(real))


def network() -> None:
    """A loopback, and a bridge that stands for the network card: the device type `dummy` is not everywhere."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "eth0", "type", "bridge")
    run("ip", "address", "add", f"{NODE}/{NODE_PREFIX}", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run("ip", "route", "add", "default", "dev", "eth0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    unreachable_until_given()


def unreachable_until_given() -> None:
    """Who connects to a load balancer's address before kube-proxy translates it gets an error, and is not tracked. Else
    connection tracking would remember the client's port as one that is not translated, for two minutes, and a later
    connection from it would not be translated either."""
    run("nft", "add table ip corten")
    # Behind kube-proxy's own chains, which translate, and refuse for Services without endpoints.
    run("nft", "add chain ip corten output { type filter hook output priority 100; }")
    run("nft", f"add rule ip corten output ip daddr {LOAD_BALANCERS} reject with icmp host-unreachable")


def run(*command: str) -> None:
    """A command that must succeed."""
    subprocess.run(command, check=True)


if __name__ == "__main__":
    print(f"cache {CACHE}", flush=True)
    main()
