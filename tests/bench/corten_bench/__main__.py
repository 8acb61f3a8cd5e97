"""Options and the order of things. See `tests/bench/run --help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import bench as measure
from . import plot, report
from .bench import Bench
from .machine import raise_limits
from .peers import all_proxies
from .scenario import SCENARIOS

PARTS = [*(s.name for s in SCENARIOS), "scale", "idle", "change"]
HERE = Path(__file__).parent.parent


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--corten", required=True, help="the binary (default: a release build)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, by comma: {', '.join(PARTS)}")
    parser.add_argument("--peers", default="nginx,haproxy,envoy,traefik,caddy", help="proxies beside Corten, by comma")
    parser.add_argument("--without-corten", action="store_true", help="only the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of load in each round")
    parser.add_argument("--quick", action="store_true", help="one short round; prints, writes nothing")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.seconds = 1, 2
    unknown = set(chosen.only.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}")
    return chosen


def main() -> int:
    """Measures what was asked for."""
    chosen = options()
    raise_limits()
    wanted = chosen.peers.split(",") if chosen.peers else []
    names = wanted if chosen.without_corten else ["corten", *wanted]
    everyone = all_proxies(chosen.corten)
    proxies = {name: everyone[name] for name in names}
    versions = {name: proxy.version() for name, proxy in proxies.items()}
    results = report.Results(versions, chosen.rounds, chosen.seconds)
    with tempfile.TemporaryDirectory(prefix="corten-bench-") as folder:
        run(Bench(Path(folder), proxies), chosen, results)
    text = report.markdown(results)
    print(text)
    if not chosen.quick:
        (HERE / "RESULTS.md").write_text(text)
        if results.costs:
            (HERE / "results.svg").write_text(plot.svg(results.costs))
    return 0


def run(bench: Bench, chosen: argparse.Namespace, results: report.Results) -> None:
    """Each part in turn, with a word on what is going on."""
    parts = chosen.only.split(",")
    warm = 1 if chosen.quick else 2
    for scenario in SCENARIOS:
        if scenario.name in parts:
            say(scenario.title)
            results.costs[scenario.name] = bench.cost(scenario, chosen.rounds, warm, chosen.seconds)
    if "scale" in parts:
        say("5,000 routes with a backend each")
        results.scale = measure.scale(bench)
    if "idle" in parts:
        say("idle connections")
        results.idle = measure.idle(bench, 200 if chosen.quick else 1000)
    if "change" in parts and "corten" in bench.proxies:
        say("changes at 5,000 routes")
        results.changes = measure.changes(bench, 20 if chosen.quick else 200)


def say(what: str) -> None:
    """Progress, apart from the report."""
    print(f"... {what}", file=sys.stderr, flush=True)


sys.exit(main())
