"""The addresses inside of the node's network namespace; nothing outside of it sees them."""

from __future__ import annotations

NODE_NAME = "corten-node"
NODE = "172.30.0.2"
NODE_PREFIX = 16
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
# Where Services of type LoadBalancer get their addresses: routed by the node's own prefix, used by nobody.
LOAD_BALANCERS = "172.30.200.0/24"
