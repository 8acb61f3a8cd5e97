"""What the figures are held against."""

from __future__ import annotations

from dataclasses import dataclass

from .bench import Changes, Cost, Scale


@dataclass(frozen=True)
class Goal:
    """One figure and the most that it may be."""

    title: str
    value: float
    most: float
    unit: str = "×"

    @property
    def met(self) -> bool:
        """Whether it is within its bound."""
        return self.value <= self.most


BEST_OF = ("nginx", "haproxy")
AGAINST_BEST = {"h1": 1.1, "h1-1000": 1.1, "h1-10000": 1.1, "tls": 0.95, "h2": 1.2}
AGAINST_ENVOY = 0.33


def best(costs: dict[str, Cost]) -> float | None:
    """The better of nginx and HAProxy."""
    values = [costs[name].cpu_us() for name in BEST_OF if name in costs]
    return min(values, default=None)


def of_costs(scenario: str, title: str, costs: dict[str, Cost]) -> list[Goal]:
    """Corten against the better of nginx and HAProxy, and against Envoy."""
    found: list[Goal] = []
    if "corten" not in costs:
        return found
    own = costs["corten"].cpu_us()
    if (peer := best(costs)) is not None:
        found.append(Goal(f"{title}: CPU against the better of nginx and HAProxy", own / peer, AGAINST_BEST[scenario]))
    if "envoy" in costs:
        found.append(Goal(f"{title}: CPU against Envoy", own / costs["envoy"].cpu_us(), AGAINST_ENVOY))
    return found


def of_routes(all_costs: dict[str, dict[str, Cost]]) -> list[Goal]:
    """10,000 routes against one."""
    one, many = all_costs.get("h1", {}).get("corten"), all_costs.get("h1-10000", {}).get("corten")
    if one is None or many is None:
        return []
    return [Goal("10,000 routes against 1 route: CPU", many.cpu_us() / one.cpu_us(), 1.05)]


def of_scale(scale: dict[str, Scale]) -> list[Goal]:
    """5,000 routes with a backend each."""
    if "corten" not in scale:
        return []
    own = scale["corten"]
    return [
        Goal("5,000 routes with a backend each: memory", own.pss_mib, 40, " MiB"),
        Goal("5,000 routes with a backend each: ready", own.ready_seconds, 1, " s"),
    ]


def of_idle(idle: dict[str, dict[str, float]]) -> list[Goal]:
    """Idle connections."""
    if "corten" not in idle:
        return []
    own = idle["corten"]
    return [
        Goal("idle keep-alive connection", own["idle"], 14, " KiB"),
        Goal("idle keep-alive connection, TLS", own["idle-tls"], 20, " KiB"),
    ]


def of_changes(changes: Changes | None) -> list[Goal]:
    """Change to effect."""
    if changes is None:
        return []
    return [
        Goal("a changed file in effect at 5,000 routes, p99", changes.percentile(0.99), 50, " ms"),
        Goal("answers that were neither the old nor the new one", changes.wrong, 0, ""),
    ]
