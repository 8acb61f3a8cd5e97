"""nginx as Debian ships it."""

from __future__ import annotations

from ..scenario import Site
from .binaries import version_of

HEADERS = {
    "Host": "$http_host",
    "Connection": '""',
    "X-Forwarded-For": "$proxy_add_x_forwarded_for",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Host": "$http_host",
    "X-Forwarded-Port": "$server_port",
    "X-Request-Id": "$request_id",
}


class Nginx:
    """One worker, upstream keep-alive."""

    NAME = "nginx"

    def version(self) -> str:
        """Its version."""
        return version_of("nginx", "-v")

    def command(self, site: Site) -> tuple[list[str], dict[str, str]]:
        """Writes nginx.conf."""
        targets = {(r.address, r.port): f"b{i}" for i, r in enumerate(site.routes)}
        upstreams = "".join(
            f"upstream {name} {{ server {a}:{p}; keepalive 256; keepalive_requests 100000000; }}\n"
            for (a, p), name in targets.items()
        )
        locations = "".join(
            f"location {r.prefix}/ {{ proxy_pass http://{targets[r.address, r.port]}; }}\n" for r in site.routes
        )
        headers = "".join(f"proxy_set_header {name} {value};\n" for name, value in HEADERS.items())
        tls = " ssl http2" if site.scenario.tls else ""
        certificate = f"ssl_certificate {site.certificate}; ssl_certificate_key {site.key};" if tls else ""
        config = site.folder / "nginx.conf"
        config.write_text(
            f"daemon off; worker_processes 1; pid {site.folder}/pid; error_log stderr crit;\n"
            "events { worker_connections 8192; }\n"
            "http { access_log off; keepalive_requests 100000000; keepalive_timeout 1h;\n"
            f"{upstreams}proxy_http_version 1.1;\n{headers}"
            f"server {{ listen 127.0.0.1:{site.port}{tls}; {certificate}\n{locations}}}\n}}\n"
        )
        return ["nginx", "-p", str(site.folder), "-c", str(config)], {}
