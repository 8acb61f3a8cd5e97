"""The proxies: each writes its configuration for a site and says how it is started."""

from __future__ import annotations

from typing import Protocol

from ..scenario import Site
from . import caddy, corten, envoy, haproxy, nginx, traefik


class Proxy(Protocol):
    """One proxy."""

    NAME: str

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes the configuration; the command and its environment."""

    def version(self) -> str:
        """Its version, for the report."""


def all_proxies(corten_binary: str) -> dict[str, Proxy]:
    """By name, Corten first."""
    proxies: list[Proxy] = [
        corten.Corten(corten_binary),
        nginx.Nginx(),
        haproxy.HAProxy(),
        envoy.Envoy(),
        traefik.Traefik(),
        caddy.Caddy(),
    ]
    return {proxy.NAME: proxy for proxy in proxies}
