"""The load generators: wrk for HTTP/1.1, h2load for HTTP/2, both on a core of their own."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .machine import LOAD_CORE
from .scenario import Site

CONNECTIONS = 50
STREAMS = "10"
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Load:
    """What a generator reports."""

    requests: int
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float


def run(site: Site, seconds: float) -> Load:
    """Asks for the site's paths in turn for so long."""
    return _h2load(site, seconds) if site.scenario.http2 else _wrk(site, seconds)


def _wrk(site: Site, seconds: float) -> Load:
    script = site.folder / "paths.lua"
    paths = ", ".join(f'"{path}"' for path in site.paths())
    script.write_text(
        f"local paths = {{{paths}}}\nlocal requests, turn = {{}}, 0\n"
        "function init() for i, path in ipairs(paths) do requests[i] = wrk.format('GET', path) end end\n"
        "function request() turn = turn % #requests + 1; return requests[turn] end\n"
    )
    text = _pinned(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(script)]
        + [f"{site.scheme}://127.0.0.1:{site.port}/"]
    )
    count, duration = _find(r"(\d+) requests in ([\d.]+\w+),", text)
    failed = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    failed += sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    # A line of its own: `83.99%` in another line is no percentile.
    p50, p99 = (_find(rf"(?m)^\s+{share}%\s+(\S+)", text)[0] for share in (50, 99))
    return Load(int(count), failed, _ms(duration) / 1e3, _ms(p50), _ms(p99))


def _h2load(site: Site, seconds: float) -> Load:
    urls = site.folder / "urls.txt"
    urls.write_text("".join(f"{site.scheme}://127.0.0.1:{site.port}{path}\n" for path in site.paths()))
    log = site.folder / "h2load.log"
    log.unlink(missing_ok=True)
    text = _pinned(
        ["h2load", "-t1", "-c10", "-m", STREAMS, "-D", str(max(1, round(seconds))), "-i", str(urls)]
        + [f"--log-file={log}"]
    )
    done, good = _find(r"(\d+) done, (\d+) succeeded", text)
    other = _find(r"status codes: (\d+) 2xx", text)[0]
    p50, p99 = _percentiles(log)
    return Load(int(done), int(done) - min(int(good), int(other)), seconds, p50, p99)


def _percentiles(log: Path) -> tuple[float, float]:
    """Of the durations in h2load's log: start, status, microseconds."""
    times = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    log.unlink()
    if not times:
        return 0.0, 0.0
    return times[len(times) // 2] / 1e3, times[min(len(times) - 1, len(times) * 99 // 100)] / 1e3


def _pinned(command: list[str]) -> str:
    done = subprocess.run(["taskset", "-c", str(LOAD_CORE), *command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _find(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if not found:
        raise RuntimeError(f"no {pattern!r} in:\n{text}")
    return found.groups()


def _ms(text: str) -> float:
    value, unit = _find(r"([\d.]+)([a-z]+)", text)
    return float(value) * UNITS[unit]
