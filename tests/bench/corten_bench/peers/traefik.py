"""Traefik from its wheel."""

from __future__ import annotations

import json
from typing import Any

from ..scenario import Site
from .binaries import beside_python, version_of


class Traefik:
    """One processor, file provider."""

    NAME = "traefik"

    def __init__(self) -> None:
        self.binary = str(beside_python("traefik"))

    def version(self) -> str:
        """Its version."""
        return version_of(self.binary, "version")

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes the dynamic configuration. JSON is YAML, and files that end in .json are not read."""
        targets = {(r.address, r.port): f"b{i}" for i, r in enumerate(site.routes)}
        tls: dict[str, Any] = {"tls": {}} if site.scenario.tls else {}
        routers = {
            f"r{i}": {"rule": f"PathPrefix(`{r.prefix}/`)", "service": targets[r.address, r.port], **tls}
            for i, r in enumerate(site.routes)
        }
        services = {
            name: {"loadBalancer": {"servers": [{"url": f"http://{a}:{p}"}]}} for (a, p), name in targets.items()
        }
        dynamic: dict[str, Any] = {"http": {"routers": routers, "services": services}}
        if tls:
            pair = {"certFile": str(site.certificate), "keyFile": str(site.key)}
            dynamic["tls"] = {"stores": {"default": {"defaultCertificate": pair}}}
        config = site.folder / "dynamic.yml"
        config.write_text(json.dumps(dynamic))
        flags = {
            "entryPoints.web.address": f"127.0.0.1:{site.port}",
            "providers.file.filename": str(config),
            "log.level": "ERROR",
            "serversTransport.maxIdleConnsPerHost": "256",
            "global.checkNewVersion": "false",
            "global.sendAnonymousUsage": "false",
        }
        return [self.binary, *(f"--{name}={value}" for name, value in flags.items())], {"GOMAXPROCS": "1"}
