"""Gives Services of type LoadBalancer an address, as a cloud's controller would; kube-proxy serves it then."""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import sys
import time
from typing import Any

from .daemons import PKI
from .network import LOAD_BALANCERS

Service = dict[str, Any]
WATCH = "/api/v1/services?watch=true&timeoutSeconds=300&resourceVersion="


class Pool:
    """Which address belongs to which Service (by uid)."""

    def __init__(self, network: str) -> None:
        self.free = [str(address) for address in ipaddress.ip_network(network).hosts()]
        self.given: dict[str, str] = {}
        self.refused = False

    def keep(self, service: Service) -> None:
        """What a Service shows already is its own: a restart must not give it away twice."""
        for entry in ingress(service):
            if entry.get("ip") in self.free:
                self.free.remove(entry["ip"])
                self.given[service["metadata"]["uid"]] = entry["ip"]

    def give(self, service: Service) -> str | None:
        """The address that it asks for if that one is free, any if it asks for none, else none."""
        uid, wanted = service["metadata"]["uid"], service["spec"].get("loadBalancerIP")
        if uid in self.given:
            return self.given[uid]
        address = wanted or next(iter(self.free), None)
        if address not in self.free:
            self.refused = True
            return None
        self.free.remove(address)
        self.given[uid] = address
        return address

    def take_back(self, service: Service) -> None:
        """Behind all others, so that an address is not at once somebody else's."""
        address = self.given.pop(service["metadata"]["uid"], None)
        if address is not None:
            self.free.append(address)


def ingress(service: Service) -> list[dict[str, str]]:
    """The addresses in its status."""
    return service.get("status", {}).get("loadBalancer", {}).get("ingress") or []


class Controller:
    """Lists, then watches; begins again whenever the API server was away."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.context = ssl.create_default_context(cafile=f"{PKI}/ca.crt")
        self.context.load_cert_chain(f"{PKI}/admin.crt", f"{PKI}/admin.key")

    def ask(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        """One request on a connection of its own. Raises unless it is granted."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=330, context=self.context)
        headers = {"Content-Type": "application/merge-patch+json"} if body else {}
        connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise ConnectionError(f"{method} {path}: {response.status} {response.read()[:500]!r}")
        return response

    def run_once(self) -> None:
        """Until the watch ends."""
        pool = Pool(LOAD_BALANCERS)
        listed = json.load(self.ask("GET", "/api/v1/services"))
        for service in listed["items"]:
            pool.keep(service)
        for service in listed["items"]:
            self.look_at(pool, service)
        for line in self.ask("GET", WATCH + listed["metadata"]["resourceVersion"]):
            event = json.loads(line)
            if event["type"] == "DELETED":
                pool.take_back(event["object"])
                if pool.refused:
                    return  # somebody may have waited for this address: look at all again
            elif event["type"] in ("ADDED", "MODIFIED"):
                self.look_at(pool, event["object"])
            else:
                return

    def look_at(self, pool: Pool, service: Service) -> None:
        """Writes the status of a Service that has a claim to an address and shows none."""
        if service["spec"].get("type") != "LoadBalancer":
            pool.take_back(service)
            return
        if ingress(service):
            return
        address = pool.give(service)
        if address is None:
            return
        meta = service["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/services/{meta['name']}/status"
        try:
            self.ask("PATCH", path, {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}).read()
        except ConnectionError as error:
            # Deleted meanwhile: the watch says so next.
            print(error, flush=True)


def main() -> None:
    """For ever."""
    controller = Controller(int(sys.argv[1]))
    while True:
        try:
            controller.run_once()
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            print(f"{error}; once more", flush=True)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
