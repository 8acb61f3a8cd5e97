"""The commands of tests/cluster, each of which is this module with its own name as the first word."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import types

from . import lifecycle
from .daemons import daemons
from .paths import BIN, Cluster
from .say import say


def up(cluster: Cluster, _: list[str]) -> int:
    """Brings the cluster up, or finds it up, and says how to use it."""
    lifecycle.up(cluster, tied=False)
    print(f"KUBECONFIG={cluster.kubeconfig}")
    say('for a shell that uses it: eval "$(tests/cluster/env)"')
    return 0


def build(_: Cluster, __: list[str]) -> int:
    """Builds all that a cluster is made of."""
    lifecycle.prepare()
    return 0


def down(cluster: Cluster, _: list[str]) -> int:
    """Takes it down; nothing of it is left but its logs."""
    lifecycle.down(cluster)
    return 0


def env(cluster: Cluster, _: list[str]) -> int:
    """Prints what a shell evaluates."""
    for name, value in environment(cluster, running(cluster)).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def run_in_node(cluster: Cluster, command: list[str]) -> int:
    """Runs a command in the node's network namespace; of another cluster than ours nothing is known, and it just runs."""
    words = [] if foreign(cluster) else running(cluster).enter("net")
    os.execvp((words + command)[0], words + command)


def run_with(cluster: Cluster, command: list[str]) -> int:
    """A cluster for as long as the command runs: the one that KUBECONFIG names, else one that ends with it."""
    if os.environ.get("KUBECONFIG"):
        say(f"the cluster of KUBECONFIG={os.environ['KUBECONFIG']} is used")
        return subprocess.run(command, check=False).returncode
    if lifecycle.load(cluster) is not None:
        raise RuntimeError(f"a cluster {cluster.name} runs already: tests/cluster/down ends it")
    try:
        node = lifecycle.up(cluster, tied=True)
        code = run_as_group(command, os.environ | environment(cluster, node))
        if code != 0:
            lifecycle.print_logs(cluster)
        return code
    finally:
        lifecycle.down(cluster)


def run_as_group(command: list[str], env: dict[str, str]) -> int:
    """Runs a command whose processes end with us, should we be told to end before it has."""
    with subprocess.Popen(command, env=env, start_new_session=True) as child:
        try:
            return child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            raise


def load(cluster: Cluster, archives: list[str]) -> int:
    """Loads image archives into the node."""
    for archive in archives:
        lifecycle.import_archive(running(cluster), archive)
    return 0


def stop(cluster: Cluster, names: list[str]) -> int:
    """Has daemons of the node killed, within a moment, and not started again."""
    running(cluster)
    known = {daemon.name for daemon in daemons(0, 0)}
    if unknown := set(names) - known:
        raise ValueError(f"no daemon {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    for name in names:
        (cluster.hold / name).touch()
    return 0


def start(cluster: Cluster, names: list[str]) -> int:
    """Lets daemons run again that `stop` has ended."""
    running(cluster)
    for name in names:
        (cluster.hold / name).unlink(missing_ok=True)
    return 0


COMMANDS = {
    "build": build,
    "up": up,
    "down": down,
    "env": env,
    "exec": run_in_node,
    "with": run_with,
    "load": load,
    "stop": stop,
    "start": start,
}


def environment(cluster: Cluster, node: lifecycle.Node) -> dict[str, str]:
    """For whoever uses the cluster. CORTEN_NODE stands before a command that is to see the node's network."""
    return {
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "CORTEN_CLUSTER": cluster.name,
        "CORTEN_NODE": shlex.join(node.enter("net")),
    }


def foreign(cluster: Cluster) -> bool:
    """Whether KUBECONFIG names a cluster that is not ours."""
    return os.environ.get("KUBECONFIG", str(cluster.kubeconfig)) != str(cluster.kubeconfig)


def running(cluster: Cluster) -> lifecycle.Node:
    """Its node, which must run."""
    node = lifecycle.load(cluster)
    if node is None:
        raise RuntimeError(f"no cluster {cluster.name} runs: tests/cluster/up starts it")
    return node


def terminated(number: int, _: types.FrameType | None) -> None:
    """SIGTERM ends the command in the ordinary way, cleaning up."""
    raise SystemExit(128 + number)


def main() -> int:
    """The chosen command."""
    parser = argparse.ArgumentParser(prog="tests/cluster", description="A Kubernetes of one node. See tests/cluster/README.md.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    words = given.words[1:] if given.words[:1] == ["--"] else given.words
    # Ours alone: what runs below has its own.
    os.environ.pop("PYTHONPATH", None)
    signal.signal(signal.SIGTERM, terminated)
    signal.signal(signal.SIGHUP, terminated)
    try:
        return COMMANDS[given.command](Cluster(os.environ.get("CORTEN_CLUSTER", "corten")), words)
    except (RuntimeError, TimeoutError, ValueError, subprocess.CalledProcessError) as error:
        print(f"tests/cluster/{given.command}: {error}", file=sys.stderr)
        return 1


sys.exit(main())
