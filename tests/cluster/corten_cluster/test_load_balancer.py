"""Who gets which address."""

from __future__ import annotations

import unittest

from .load_balancer import Pool, Service


def service(uid: str, *, wants: str | None = None, shows: str | None = None) -> Service:
    """A Service of type LoadBalancer."""
    found: Service = {"metadata": {"uid": uid}, "spec": {"type": "LoadBalancer"}, "status": {}}
    if wants:
        found["spec"]["loadBalancerIP"] = wants
    if shows:
        found["status"] = {"loadBalancer": {"ingress": [{"ip": shows}]}}
    return found


class PoolTest(unittest.TestCase):
    """A pool of two addresses."""

    def setUp(self) -> None:
        self.pool = Pool("192.0.2.0/30")

    def test_each_gets_its_own_until_there_is_none(self) -> None:
        self.assertEqual(self.pool.give(service("a")), "192.0.2.1")
        self.assertEqual(self.pool.give(service("b")), "192.0.2.2")
        self.assertIsNone(self.pool.give(service("c")))
        self.assertTrue(self.pool.refused)

    def test_who_asks_again_gets_the_same(self) -> None:
        self.assertEqual(self.pool.give(service("a")), self.pool.give(service("a")))

    def test_a_wish_is_granted_if_it_is_free_and_ours(self) -> None:
        self.assertEqual(self.pool.give(service("a", wants="192.0.2.2")), "192.0.2.2")
        self.assertIsNone(self.pool.give(service("b", wants="192.0.2.2")))
        self.assertIsNone(self.pool.give(service("c", wants="198.51.100.1")))

    def test_what_is_shown_already_is_not_given_again(self) -> None:
        self.pool.keep(service("a", shows="192.0.2.1"))
        self.assertEqual(self.pool.give(service("b")), "192.0.2.2")

    def test_what_is_given_back_comes_last(self) -> None:
        first = service("a")
        self.pool.give(first)
        self.pool.take_back(first)
        self.assertEqual(self.pool.give(service("b")), "192.0.2.2")
        self.assertEqual(self.pool.give(service("c")), "192.0.2.1")


if __name__ == "__main__":
    unittest.main()
