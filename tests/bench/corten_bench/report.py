"""The results as Markdown: what is printed is what is written."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

from . import goals
from .bench import Changes, Cost, Scale
from .scenario import SCENARIOS

METHOD = """CPU is user and system time of all processes of a proxy over the run, divided by the requests that were answered.
Each proxy has one worker on core 0; load generator (wrk, 50 connections; h2load, 10 connections with 10 streams) and backend
(30 bytes from memory) share core 1. Keep-alive on both sides, access logs off, metrics of Corten on, the same forwarding
headers added by each (Envoy, Traefik and Caddy add no request id). The load goes round 64 paths spread over the route table.
Rounds are interleaved; the figures are medians, ± is half the distance of the extremes. Memory is proportional (PSS)."""


@dataclass
class Results:
    """Everything that was measured."""

    versions: dict[str, str]
    rounds: int
    seconds: float
    costs: dict[str, dict[str, Cost]] = field(default_factory=dict)
    scale: dict[str, Scale] = field(default_factory=dict)
    idle: dict[str, dict[str, float]] = field(default_factory=dict)
    changes: Changes | None = None

    def goals(self) -> list[goals.Goal]:
        """Every goal that these figures speak of."""
        titles = {s.name: s.title for s in SCENARIOS}
        found = [g for name, costs in self.costs.items() for g in goals.of_costs(name, titles[name], costs)]
        found += goals.of_routes(self.costs)
        return found + goals.of_scale(self.scale) + goals.of_idle(self.idle) + goals.of_changes(self.changes)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, columns padded so that it reads in a terminal too."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" if i != 1 else f"|-{line}-|" for i, line in enumerate(lines))


def cost_rows(costs: dict[str, Cost], title: str) -> list[list[str]]:
    """One row a proxy."""
    rows = []
    for name, cost in costs.items():
        ratios = [
            f"{cost.cpu_us() / costs[p].cpu_us():.2f}" if p in costs else "" for p in ("nginx", "haproxy", "envoy")
        ]
        rows.append(
            [title, name, f"{cost.cpu_us():.1f} ± {cost.spread() * 100:.0f} %", *ratios]
            + [
                f"{cost.median('p50_ms'):.2f}",
                f"{cost.median('p99_ms'):.2f}",
                f"{cost.pss_mib():.0f}",
                str(cost.errors()),
            ]
        )
        title = ""
    return rows


def markdown(results: Results) -> str:
    """The whole report."""
    parts = ["# Corten beside its peers", "Written by `tests/bench/run`.", machine(results), METHOD]
    if results.costs:
        head = [
            "",
            "proxy",
            "CPU µs/request",
            "÷ nginx",
            "÷ haproxy",
            "÷ envoy",
            "p50 ms",
            "p99 ms",
            "PSS MiB",
            "errors",
        ]
        titles = {s.name: s.title for s in SCENARIOS}
        rows = [row for name, costs in results.costs.items() for row in cost_rows(costs, titles[name])]
        parts += ["## CPU per request", table(head, rows), "![CPU per request](results.svg)"]
    if results.scale:
        rows = [[n, f"{s.pss_mib:.0f}", f"{s.ready_seconds:.2f}"] for n, s in results.scale.items()]
        head = ["proxy", "PSS MiB", "start to first and last route answered, s"]
        parts += ["## 5,000 routes with a backend each", table(head, rows)]
    if results.idle:
        rows = [[n, f"{k['idle']:.1f}", f"{k['idle-tls']:.1f}"] for n, k in results.idle.items()]
        parts += ["## An idle keep-alive connection", table(["proxy", "KiB", "KiB with TLS"], rows)]
    if (c := results.changes) is not None:
        figures = [f"{c.percentile(share):.1f}" for share in (0.5, 0.99)] + [f"{max(c.times_ms):.1f}"]
        head = ["edits", "p50 ms", "p99 ms", "longest ms", "wrong answers"]
        rows = [[str(len(c.times_ms)), *figures, str(c.wrong)]]
        parts += ["## A changed file in effect, at 5,000 routes", table(head, rows)]
    if found := results.goals():
        rows = [[g.title, f"{g.value:.2f}{g.unit}", f"{g.most:g}{g.unit}", "yes" if g.met else "no"] for g in found]
        parts += ["## Goals", table(["figure", "measured", "at most", "met"], rows)]
    return "\n\n".join(parts) + "\n"


def machine(results: Results) -> str:
    """Where and what."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (
        f"{os.cpu_count()} cores ({model}), Linux {platform.release()}; {results.rounds} rounds of "
        f"{results.seconds:g} s. {versions}."
    )
