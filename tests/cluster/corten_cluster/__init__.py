"""A Kubernetes of one node for the tests, in namespaces of its own. See tests/cluster/README.md."""
