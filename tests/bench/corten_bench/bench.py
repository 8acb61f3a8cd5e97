"""The measurements themselves."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import load
from .client import Connection, answers
from .machine import PROXY_CORE, Process, claim_port
from .peers import Proxy
from .peers.corten import Corten
from .scenario import SCALE, Backend, Route, Scenario, Site, address, certificate, routes


@dataclass(frozen=True)
class Sample:
    """One proxy in one round."""

    cpu_us: float
    pss_mib: float
    load: load.Load


@dataclass
class Cost:
    """One proxy in one scenario: a sample for each round."""

    samples: list[Sample] = field(default_factory=list)

    def cpu_us(self) -> float:
        """Median microseconds of CPU for a request."""
        return statistics.median(s.cpu_us for s in self.samples)

    def spread(self) -> float:
        """Half the distance of the extremes, over the median."""
        values = [s.cpu_us for s in self.samples]
        return (max(values) - min(values)) / 2 / self.cpu_us()

    def median(self, name: str) -> float:
        """Median of a field of the load."""
        values: list[float] = [getattr(s.load, name) for s in self.samples]
        return statistics.median(values)

    def pss_mib(self) -> float:
        """Median memory under load."""
        return statistics.median(s.pss_mib for s in self.samples)

    def errors(self) -> int:
        """Over all rounds."""
        return sum(s.load.errors for s in self.samples)


class Bench:
    """A run: a folder, a backend and the proxies."""

    def __init__(self, folder: Path, proxies: dict[str, Proxy]):
        self.folder = folder
        self.proxies = proxies
        self.backend_port = claim_port()
        self.certificate = certificate(folder)

    def backend(self, count: int = 0) -> Process:
        """The backend; with own backends, the first and the last route's addresses answer too."""
        extra = [address(0), address(count - 1)] if count else []
        return Backend(self.folder / "backend", self.backend_port, extra).start()

    def site(self, scenario: Scenario, name: str) -> Site:
        """A place for one proxy in one scenario."""
        folder = self.folder / scenario.name / name
        folder.mkdir(parents=True, exist_ok=True)
        table = routes(scenario, self.backend_port)
        return Site(scenario, folder, claim_port(), claim_port(), table, *self.certificate)

    @contextmanager
    def running(self, scenario: Scenario, name: str) -> Iterator[tuple[Site, Process, float]]:
        """A proxy that answers for its first and last route; how long that took from its start."""
        site = self.site(scenario, name)
        command, env = self.proxies[name].command(site)
        paths = site.paths()
        with Process(command, PROXY_CORE, site.folder, env) as process:
            first = process.wait_until(lambda: answers(site, paths[0]), f"{name}: first route")
            ready = process.wait_until(lambda: answers(site, paths[-1]), f"{name}: last route")
            yield site, process, max(first, ready)

    def cost(self, scenario: Scenario, rounds: int, warm: float, seconds: float) -> dict[str, Cost]:
        """CPU per request of every proxy, interleaved: each round asks each once."""
        costs = {name: Cost() for name in self.proxies}
        with ExitStack() as stack:
            stack.enter_context(self.backend())
            up = {name: stack.enter_context(self.running(scenario, name)) for name in self.proxies}
            for _ in range(rounds):
                for name, (site, process, _) in up.items():
                    costs[name].samples.append(sample(site, process, warm, seconds))
        return costs


def sample(site: Site, process: Process, warm: float, seconds: float) -> Sample:
    """Warms up, then measures."""
    load.run(site, warm)
    before = process.cpu_seconds()
    result = load.run(site, seconds)
    used = process.cpu_seconds() - before
    if result.requests == 0:
        raise RuntimeError(f"no request was answered: {site.folder}")
    return Sample(used * 1e6 / result.requests, process.pss_kib() / 1024, result)


@dataclass(frozen=True)
class Scale:
    """Many routes with a backend each."""

    ready_seconds: float
    pss_mib: float


def scale(bench: Bench) -> dict[str, Scale]:
    """Memory and time to ready, each proxy alone."""
    results = {}
    with bench.backend(SCALE.routes):
        for name in bench.proxies:
            with bench.running(SCALE, name) as (_, process, ready):
                settle(process)
                results[name] = Scale(ready, process.pss_kib() / 1024)
    return results


def settle(process: Process) -> None:
    """Waits until a process that has just started uses no more CPU (at most ten seconds)."""
    end = time.monotonic() + 10
    last = -1.0
    while (now := process.cpu_seconds()) != last and time.monotonic() < end:
        last = now
        time.sleep(0.5)


REST = 3.0  # seconds


def idle(bench: Bench, connections: int) -> dict[str, dict[str, float]]:
    """KiB for a keep-alive connection that has served one request, plain and over TLS."""
    results: dict[str, dict[str, float]] = {}
    for name in bench.proxies:
        results[name] = {}
        for scenario in (Scenario("idle", "idle"), Scenario("idle-tls", "idle, TLS", tls=True)):
            with bench.backend(), bench.running(scenario, name) as (site, process, _):
                results[name][scenario.name] = idle_kib(site, process, connections)
    return results


def idle_kib(site: Site, process: Process, count: int) -> float:
    """Opens connections one after the other; a hundred before count as the proxy's own warm-up.

    Idle means at rest: memory is read when nothing has happened for some seconds, for all proxies alike.
    """
    path = site.paths()[0]
    held = [used(site, path) for _ in range(100)]
    time.sleep(REST)
    before = process.pss_kib()
    held += [used(site, path) for _ in range(count)]
    time.sleep(REST)
    after = process.pss_kib()
    for connection in held:
        connection.close()
    return (after - before) / count


def used(site: Site, path: str) -> Connection:
    """A connection that has served a request."""
    connection = Connection(site)
    status, _ = connection.get(path)
    if status != 200:
        raise RuntimeError(f"{status} for {path}")
    return connection


@dataclass(frozen=True)
class Changes:
    """Milliseconds from a changed file to its first effect."""

    times_ms: list[float]
    wrong: int

    def percentile(self, share: float) -> float:
        """Nearest rank."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def changes(bench: Bench, edits: int) -> Changes:
    """Moves one route of 5,000, in the middle of the table, between two Services again and again."""
    corten = bench.proxies["corten"]
    assert isinstance(corten, Corten)
    times, wrong = [], 0
    with bench.backend(SCALE.routes), bench.running(SCALE, "corten") as (site, _, _):
        route = site.routes[len(site.routes) // 2]
        connection = Connection(site)
        # Until here its backend is an address that nothing listens on.
        corten.write_route(site, route, "missing")
        until(connection, route, 500)
        for edit in range(edits):
            service, status = ("b0", 200) if edit % 2 == 0 else ("missing", 500)
            corten.write_route(site, route, service)
            took, others = until(connection, route, status)
            times.append(took * 1e3)
            wrong += others - {200, 500} != set()
    return Changes(times, wrong)


def until(connection: Connection, route: Route, status: int) -> tuple[float, set[int]]:
    """Asks until a route answers with a status: seconds, and which others came before. The Service
    `missing` does not exist, which is answered with 500 (HTTPRoute, backendRefs)."""
    start = time.monotonic()
    others = set()
    while (now := connection.get(f"{route.prefix}/item")[0]) != status:
        others.add(now)
        if time.monotonic() - start > 10:
            raise RuntimeError(f"still {now} instead of {status} after ten seconds")
        time.sleep(0.0005)
    return time.monotonic() - start, others
