"""Caddy from its wheel."""

from __future__ import annotations

import json
from typing import Any

from ..scenario import Route, Site
from .binaries import beside_python, version_of


class Caddy:
    """One processor, JSON configuration, no admin address and no logs."""

    NAME = "caddy"

    def __init__(self) -> None:
        self.binary = str(beside_python("caddy"))

    def version(self) -> str:
        """Its version."""
        return version_of(self.binary, "version")

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes caddy.json."""
        server: dict[str, Any] = {
            "listen": [f"127.0.0.1:{site.port}"],
            "automatic_https": {"disable": True},
            "idle_timeout": "1h",
            "routes": [route(r, site.port) for r in site.routes],
        }
        apps: dict[str, Any] = {"http": {"servers": {"s": server}}}
        if site.scenario.tls:
            server["tls_connection_policies"] = [{}]
            pair = {"certificate": str(site.certificate), "key": str(site.key)}
            apps["tls"] = {"certificates": {"load_files": [pair]}}
        quiet = {"logs": {"default": {"level": "ERROR"}}}
        config = site.folder / "caddy.json"
        config.write_text(json.dumps({"admin": {"disabled": True}, "logging": quiet, "apps": apps}))
        env = {"GOMAXPROCS": "1", "XDG_DATA_HOME": str(site.folder), "XDG_CONFIG_HOME": str(site.folder)}
        return [self.binary, "run", "--config", str(config)], env


def route(target: Route, port: int) -> dict[str, Any]:
    """A path and its upstream."""
    headers = {"request": {"set": {"X-Forwarded-Port": [str(port)]}}}
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"{target.address}:{target.port}"}],
        "headers": headers,
        "transport": {"protocol": "http", "keep_alive": {"max_idle_conns_per_host": 256}},
    }
    return {"match": [{"path": [f"{target.prefix}/*"]}], "handle": [proxy], "terminal": True}
