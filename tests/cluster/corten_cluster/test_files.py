"""Names, stamps, processes and control groups: what `up` and `down` decide by."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import build, cgroups, process
from .build import Module
from .paths import Cluster


class NameTest(unittest.TestCase):
    """A cluster's name becomes part of paths that are removed."""

    def test_names(self) -> None:
        for name in ("a", "test-run", "0"):
            Cluster(name)
        for name in ("", "..", "a/b", "-a", "a-", "A", "a" * 33):
            with self.assertRaises(ValueError):
                Cluster(name)


class StampTest(unittest.TestCase):
    """What is built already is built again only if the outcome may differ."""

    def setUp(self) -> None:
        self.source = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(build, "SOURCE", self.source))
        self.folder = self.source / "modules" / "m"
        self.folder.mkdir(parents=True)
        (self.folder / "go.mod").write_text("module m\n")

    def test_a_stamp_tells_apart_what_matters(self) -> None:
        first = Module("m", ["-a"]).stamp("go1")
        self.assertEqual(first, Module("m", ["-a"]).stamp("go1"))
        self.assertNotEqual(first, Module("m", ["-a"]).stamp("go2"))
        self.assertNotEqual(first, Module("m", ["-b"]).stamp("go1"))
        (self.folder / "go.sum").write_text("x\n")
        self.assertNotEqual(first, Module("m", ["-a"]).stamp("go1"))

    def test_kubernetes_must_be_pinned(self) -> None:
        with self.assertRaises(FileNotFoundError):
            build.kubernetes_version()
        folder = self.source / "modules" / "kubernetes"
        folder.mkdir()
        (folder / "go.mod").write_text("replace (\n\tk8s.io/api => k8s.io/api v0.36.3\n)\n")
        with self.assertRaises(RuntimeError):
            build.kubernetes_version()
        (folder / "go.mod").write_text("require (\n\tk8s.io/kubernetes v1.36.3 // indirect\n)\n")
        self.assertEqual(build.kubernetes_version(), "v1.36.3")


class ProcessTest(unittest.TestCase):
    """An id alone does not name a process."""

    def test_a_process_is_killed_by_id_and_start(self) -> None:
        child = subprocess.Popen(["sleep", "1000"])
        start = process.started(child.pid)
        assert start is not None
        self.assertIn(child.pid, process.children(os.getpid()))
        process.kill(child.pid, start + 1)
        self.assertIsNone(child.poll(), "another process of that id is left alone")
        process.kill(child.pid, start)
        self.assertIsNone(process.started(child.pid), "a zombie has ended")
        self.assertEqual(child.wait(), -9)
        self.assertEqual(process.children(child.pid), [])


class ControlGroupTest(unittest.TestCase):
    """On a folder that stands for a hierarchy."""

    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(cgroups, "ROOT", self.root))
        for name in ("cpuset", "memory"):
            (self.root / name).mkdir()
            (self.root / name / "cgroup.procs").touch()
        for setting in ("cpuset.cpus", "cpuset.mems"):
            (self.root / "cpuset" / setting).write_text("0-1")
        (self.root / "cpu").symlink_to("memory")

    def test_each_hierarchy_gets_one(self) -> None:
        cgroups.create("corten-x")
        self.assertTrue((self.root / "memory" / "corten-x").is_dir())
        self.assertEqual((self.root / "cpuset" / "corten-x" / "cpuset.cpus").read_text(), "0-1")

    def test_removal_takes_what_is_below_and_says_what_stays(self) -> None:
        below = self.root / "memory" / "corten-x" / "kubepods" / "pod1"
        below.mkdir(parents=True)
        cgroups.remove("corten-x")
        self.assertFalse((self.root / "memory" / "corten-x").exists())
        below.mkdir(parents=True)
        (below / "in-use").touch()
        with self.assertRaisesRegex(TimeoutError, "memory/corten-x"):
            cgroups.remove("corten-x", patience=0)


if __name__ == "__main__":
    unittest.main()
