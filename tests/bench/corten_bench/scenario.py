"""What is measured: route tables, transports, and the backend behind them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .machine import LOAD_CORE, Process

BODY = "thirty bytes of a small answer"
PATHS_UNDER_LOAD = 64


@dataclass(frozen=True)
class Route:
    """A path prefix (whole segments) and the address behind it."""

    prefix: str
    address: str
    port: int


@dataclass(frozen=True)
class Scenario:
    """One row of the table: the same for every proxy."""

    name: str
    title: str
    routes: int = 1
    tls: bool = False
    http2: bool = False
    metrics: bool = True
    own_backends: bool = False


SCENARIOS = [
    Scenario("h1", "HTTP/1.1, 1 route"),
    Scenario("h1-1000", "HTTP/1.1, 1,000 routes", routes=1000),
    Scenario("h1-10000", "HTTP/1.1, 10,000 routes", routes=10000),
    Scenario("tls", "TLS 1.3, HTTP/1.1", tls=True),
    Scenario("h2", "TLS 1.3, HTTP/2 (10 × 10)", tls=True, http2=True),
]
SCALE = Scenario("scale", "5,000 routes with a backend each", routes=5000, own_backends=True)


@dataclass
class Site:
    """A scenario with its addresses and files."""

    scenario: Scenario
    folder: Path
    port: int
    admin: int
    routes: list[Route]
    certificate: Path
    key: Path

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return "https" if self.scenario.tls else "http"

    def paths(self) -> list[str]:
        """The paths that the load asks for: spread over the table, first and last among them."""
        count = min(PATHS_UNDER_LOAD, len(self.routes))
        last = len(self.routes) - 1
        picks = [round(i * last / max(count - 1, 1)) for i in range(count)]
        return [f"{self.routes[i].prefix}/item" for i in picks]


def routes(scenario: Scenario, backend_port: int) -> list[Route]:
    """The route table. With own backends each has an address of its own, of which only those that
    the backend listens on (see `live_addresses`) answer."""
    if not scenario.own_backends:
        return [Route(f"/svc-{i:05}", "127.0.0.1", backend_port) for i in range(scenario.routes)]
    return [Route(f"/svc-{i:05}", address(i), backend_port) for i in range(scenario.routes)]


def address(index: int) -> str:
    """An address of 127.1.0.0/16."""
    return f"127.1.{index >> 8}.{index & 255}"


@dataclass
class Backend:
    """nginx answering 30 bytes from memory, on the load generator's core."""

    folder: Path
    port: int
    extra_addresses: list[str] = field(default_factory=list)

    def start(self) -> Process:
        """Starts it; it listens on loopback and on the further loopback addresses."""
        self.folder.mkdir(parents=True, exist_ok=True)
        listen = "".join(f"listen {a}:{self.port}; " for a in ["127.0.0.1", *self.extra_addresses])
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off; worker_processes 1; pid {self.folder}/pid; error_log stderr crit;\n"
            "events { worker_connections 16384; }\n"
            "http { access_log off; keepalive_requests 100000000; keepalive_timeout 1h;\n"
            f"  server {{ {listen} location / {{ return 200 '{BODY}'; }} }}\n}}\n"
        )
        return Process(["nginx", "-p", str(self.folder), "-c", str(config)], LOAD_CORE, self.folder)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed P-256 certificate for localhost and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-keyout", str(key), "-out", str(cert), "-days", "30", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return cert, key
