#!/usr/bin/env python3
"""tools/web_templates.mjs: each template of the console says the same as calls."""
import os
import subprocess
import unittest

SOURCE = os.environ.get("SALURAN_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))


class WebTemplates(unittest.TestCase):
    def test_they_say_the_same(self):
        done = subprocess.run(["node", os.path.join(SOURCE, "tests", "web", "templates.mjs")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("templates say the same", done.stdout)


if __name__ == "__main__":
    unittest.main()
