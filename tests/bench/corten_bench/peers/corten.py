"""Corten: plain Kubernetes YAML in a folder, a file for each route."""

from __future__ import annotations

from ..scenario import Route, Site
from .binaries import version_of

GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: corten
  listeners:
  - {name: main, port: %d, %s}
"""

ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r%s, namespace: default}
spec:
  parentRefs: [{name: gw}]
  rules:
  - matches: [{path: {type: PathPrefix, value: %s}}]
    backendRefs: [{name: %s, port: 80}]
"""

SERVICE = """apiVersion: v1
kind: Service
metadata: {name: %(name)s, namespace: default}
spec:
  ports: [{name: main, port: 80}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %(name)s, namespace: default, labels: {kubernetes.io/service-name: %(name)s}}
addressType: IPv4
endpoints: [{addresses: [%(address)s], conditions: {ready: true}}]
ports: [{name: main, port: %(port)d, protocol: TCP}]
"""


class Corten:
    """One worker."""

    NAME = "corten"

    def __init__(self, binary: str) -> None:
        self.binary = binary

    def version(self) -> str:
        """Its version."""
        return version_of(self.binary, "--version")

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes the folder."""
        folder = site.folder / "config"
        folder.mkdir(parents=True, exist_ok=True)
        names = {(r.address, r.port): f"b{i}" for i, r in enumerate(site.routes)}
        for (address, port), name in names.items():
            (folder / f"{name}.yaml").write_text(SERVICE % {"name": name, "address": address, "port": port})
        for route in site.routes:
            self.write_route(site, route, names[route.address, route.port])
        listener = "protocol: HTTP"
        if site.scenario.tls:
            listener = "protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}"
            (folder / "cert.yaml").write_text(secret(site))
        (folder / "gateway.yaml").write_text(GATEWAY % (site.port, listener))
        flags = ["--bind", "127.0.0.1", "--admin", f"127.0.0.1:{site.admin}", "--threads", "1"]
        return [self.binary, "run", str(folder), *flags], {}

    def write_route(self, site: Site, route: Route, service: str) -> None:
        """Puts one route's file in place, in one step."""
        name = route.prefix.lstrip("/")
        next_file = site.folder / "next"
        next_file.write_text(ROUTE % (name, route.prefix, service))
        next_file.rename(site.folder / "config" / f"{name}.yaml")


def secret(site: Site) -> str:
    """The certificate as a Secret."""

    def block(text: str) -> str:
        return "".join(f"    {line}\n" for line in text.splitlines())

    return (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cert, namespace: default}\ntype: kubernetes.io/tls\n"
        f"stringData:\n  tls.crt: |\n{block(site.certificate.read_text())}"
        f"  tls.key: |\n{block(site.key.read_text())}"
    )
