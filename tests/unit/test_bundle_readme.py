#!/usr/bin/env python3
"""The samples, checked by the program in their README.txt: with tar, Python and OpenSSL, and
nothing of ours.  It must also refuse what was changed."""
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("SALURAN_SOURCE") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
SAMPLES = os.path.join(SOURCE, "tests", "bundle")
HOLDS = "all of it holds"


class Readme(unittest.TestCase):
    def unpack(self, name, folder):
        subprocess.run(["tar", "xf", os.path.join(SAMPLES, name), "-C", folder], check=True)
        with open(os.path.join(folder, "README.txt"), encoding="utf-8") as f:
            parts = f.read().split("\n====\n")
        self.assertEqual(len(parts), 3, "the program stands between two lines of '='")
        with open(os.path.join(folder, "check.py"), "w", encoding="utf-8") as f:
            f.write(parts[1])

    def check(self, folder):
        return subprocess.run([sys.executable, "check.py"], cwd=folder, text=True,
                              capture_output=True, check=False)

    def test_samples_hold(self):
        for name in ("order.bundle", "claimed.bundle", "long.bundle", "rekey.bundle"):
            with self.subTest(name=name), tempfile.TemporaryDirectory() as folder:
                self.unpack(name, folder)
                done = self.check(folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.endswith(HOLDS + "\n"))

    def test_changed_members_fail(self):
        both = ("policy.json", "logs/authority/events.jws", "identity/platform.jws",
                "disclosures.txt")
        members = [("order.bundle", m) for m in both] + [("long.bundle", m) for m in both]
        members += [("order.bundle", "receipts/authority/3.tlog-proof"),
                    ("long.bundle", "receipts/authority.txt"),
                    ("long.bundle", "logs/authority/checkpoint.proof"),
                    ("long.bundle", "logs/platform/cosigned.proof")]
        for name, member in members:
            with self.subTest(name=name, member=member), \
                    tempfile.TemporaryDirectory() as folder:
                self.unpack(name, folder)
                path = os.path.join(folder, member)
                os.chmod(path, 0o644)
                with open(path, "rb+") as f:
                    at = min(150, os.path.getsize(path) // 2)
                    f.seek(at)
                    byte = f.read(1)
                    f.seek(at)
                    f.write(b"A" if byte != b"A" else b"B")
                done = self.check(folder)
                self.assertNotEqual(done.returncode, 0)
                self.assertNotIn(HOLDS, done.stdout)


if __name__ == "__main__":
    unittest.main()
