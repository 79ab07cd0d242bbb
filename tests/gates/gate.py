"""What the tests of the gates share: samples, compilers, and how a gate is run.

A sample stands as <name>.c.txt, so that no gate takes it for code of ours.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["SALURAN_SOURCE"]
BUILD = os.environ["SALURAN_BUILD"]
COMPILERS = ["gcc", "clang"]


def sample(name):
    path = os.path.join(SOURCE, "tests/gates/samples", name + ".c.txt")
    with open(path, encoding="utf-8") as f:
        return f.read()


def run(command, **options):
    """Exit status and everything that was written."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=300, check=False, **options)
    return done.returncode, done.stdout


def build_flags():
    """How this build compiles src/base/arena.c, without input and output."""
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    for entry in entries:
        if not entry["file"].endswith("src/base/arena.c"):
            continue
        words = shlex.split(entry["command"])
        while words and not words[0].startswith("-"):
            words.pop(0)  # the compiler, and what may stand before it
        flags = []
        skip = False
        for word in words:
            if skip:
                skip = False
            elif word in ("-o", "-c", "-MF", "-MQ"):
                skip = True
            elif word not in ("-MD",) and not word.startswith("-fdiagnostics-color") \
                    and word != "-fcolor-diagnostics":
                flags.append(word)
        return flags, entry["directory"]
    raise AssertionError(f"{BUILD} does not compile src/base/arena.c")


class GateTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="saluran-gate-")
        self.addCleanup(holder.cleanup)
        self.tree = holder.name

    def put(self, path, text):
        """A file in the tree of this test; gives its full path."""
        full = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        return full

    def accepts(self, command, **options):
        code, out = run(command, **options)
        self.assertEqual(code, 0, f"refused, but is good: {command}\n{out}")
        return out

    def rejects(self, command, says, **options):
        code, out = run(command, **options)
        self.assertNotEqual(code, 0, f"accepted, but is bad: {command}\n{out}")
        self.assertRegex(out, says)
        return out

    def tool(self, name):
        return os.path.join(SOURCE, "tools", name)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
