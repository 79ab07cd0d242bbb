#!/usr/bin/env python3
"""Knot DNS as distribution server, and an Unbound behind it, with the
configurations that Saluran prints: see tests/e2e/rpz_life.py."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rpz_life  # noqa: E402
from resolvers import Knot  # noqa: E402

if __name__ == "__main__":
    rpz_life.run((Knot, {}))
