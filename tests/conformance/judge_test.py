"""Tests of the judge: what it refuses, and when it writes. Run as a program."""

import importlib.machinery
import importlib.util
import os
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent
loader = importlib.machinery.SourceFileLoader("judge", str(HERE / "judge"))
spec = importlib.util.spec_from_loader("judge", loader)
assert spec is not None
judge = importlib.util.module_from_spec(spec)
loader.exec_module(judge)

STATUS = "    result: success\n    statistics:\n      Failed: 0\n      Passed: 3\n      Skipped: 0\n"
GOOD = (
    'date: "2026-01-01T00:00:00Z"\ngatewayAPIChannel: experimental\ngatewayAPIVersion: v1.6.3\n'
    f"kind: ConformanceReport\nprofiles:\n- core:\n{STATUS}  extended:\n{STATUS}    supportedFeatures:\n"
    + "".join(f"    - Feature{number}\n" for number in range(judge.EXTENDED))
    + "  name: GATEWAY-HTTP\n"
)


class Objections(unittest.TestCase):
    def test_a_whole_success_has_none(self) -> None:
        self.assertEqual(judge.objections(GOOD), [])

    def test_anything_less_is_refused(self) -> None:
        for old, new in [
            ("success", "partial"),
            ("Failed: 0", "Failed: 1"),
            ("Skipped: 0", "Skipped: 2"),
            ("    - Feature7\n", ""),
            ("experimental", "standard"),
            ("v1.6.3", "v1.6.1"),
            ("  name:", "    unsupportedFeatures:\n    - ListenerSet\n  name:"),
            ("    result: success\n", "    result: success\n    failedTests:\n    - X\n"),
            ("  extended:\n" + STATUS, ""),
        ]:
            self.assertNotEqual(judge.objections(GOOD.replace(old, new, 1)), [], f"{old} -> {new}")
        self.assertNotEqual(judge.objections(""), [])


class Keep(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.kept = Path(folder.name) / "reports" / "report.yaml"
        ci = os.environ.pop("CI", None)
        self.addCleanup(lambda: os.environ.pop("CI", None) if ci is None else os.environ.update(CI=ci))

    def test_a_new_date_alone_writes_nothing(self) -> None:
        self.assertEqual(judge.keep(GOOD, self.kept), 0)
        self.assertEqual(self.kept.read_text(), GOOD)
        self.assertEqual(judge.keep(GOOD.replace("2026", "2027"), self.kept), 0)
        self.assertEqual(self.kept.read_text(), GOOD)

    def test_what_says_something_else_is_written_but_not_in_ci(self) -> None:
        judge.keep(GOOD, self.kept)
        other = GOOD.replace("Passed: 3", "Passed: 4")
        os.environ["CI"] = "true"
        self.assertEqual(judge.keep(other, self.kept), 1)
        self.assertEqual(self.kept.read_text(), GOOD)
        del os.environ["CI"]
        self.assertEqual(judge.keep(other, self.kept), 0)
        self.assertEqual(self.kept.read_text(), other)


if __name__ == "__main__":
    unittest.main()
