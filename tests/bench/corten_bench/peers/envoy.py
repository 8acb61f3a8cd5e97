"""Envoy from its wheel."""

from __future__ import annotations

import json
from typing import Any

from ..scenario import Site
from .binaries import in_package, version_of

TYPE = "type.googleapis.com/envoy.extensions"
LIMITS = {"max_connections": 100000, "max_pending_requests": 100000, "max_requests": 100000, "max_retries": 100000}


class Envoy:
    """One worker, static configuration."""

    NAME = "envoy"

    def __init__(self) -> None:
        self.binary = str(in_package("envoy", "_bin", "envoy"))

    def version(self) -> str:
        """Its version."""
        return version_of(self.binary, "--version")

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes envoy.json."""
        config = site.folder / "envoy.json"
        config.write_text(json.dumps({"static_resources": {"listeners": [listener(site)], "clusters": clusters(site)}}))
        arguments = ["--concurrency", "1", "-l", "error", "--disable-hot-restart"]
        return [self.binary, "-c", str(config), *arguments], {}


def socket_address(address: str, port: int) -> dict[str, Any]:
    """An address as Envoy writes it."""
    return {"socket_address": {"address": address, "port_value": port}}


def clusters(site: Site) -> list[dict[str, Any]]:
    """One for each address."""
    return [
        {
            "name": f"{address}:{port}",
            "type": "STATIC",
            "circuit_breakers": {"thresholds": [LIMITS]},
            "load_assignment": {
                "cluster_name": f"{address}:{port}",
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket_address(address, port)}}]}],
            },
        }
        for address, port in {(r.address, r.port): None for r in site.routes}
    ]


def listener(site: Site) -> dict[str, Any]:
    """The listener with its routes, first match wins."""
    table = [
        {"match": {"path_separated_prefix": r.prefix}, "route": {"cluster": f"{r.address}:{r.port}"}}
        for r in site.routes
    ]
    added = [
        {"header": {"key": "x-forwarded-host", "value": "%REQ(:AUTHORITY)%"}},
        {"header": {"key": "x-forwarded-port", "value": str(site.port)}},
    ]
    manager = {
        "@type": f"{TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "f",
        "generate_request_id": False,
        "use_remote_address": True,
        "route_config": {
            "request_headers_to_add": added,
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": table}],
        },
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{TYPE}.filters.http.router.v3.Router", "dynamic_stats": False},
            }
        ],
    }
    chain: dict[str, Any] = {"filters": [{"name": "http", "typed_config": manager}]}
    if site.scenario.tls:
        chain["transport_socket"] = transport_socket(site)
    return {"name": "l", "address": socket_address("127.0.0.1", site.port), "filter_chains": [chain]}


def transport_socket(site: Site) -> dict[str, Any]:
    """TLS of the listener."""
    pair = {"certificate_chain": {"filename": str(site.certificate)}, "private_key": {"filename": str(site.key)}}
    return {
        "name": "tls",
        "typed_config": {
            "@type": f"{TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"alpn_protocols": ["h2", "http/1.1"], "tls_certificates": [pair]},
        },
    }
