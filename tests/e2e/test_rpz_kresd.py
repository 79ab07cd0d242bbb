#!/usr/bin/env python3
"""Knot Resolver behind knotd with the configuration that Saluran prints: see tests/e2e/rpz_life.py."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rpz_life  # noqa: E402
from resolvers import KnotResolver  # noqa: E402

if __name__ == "__main__":
    rpz_life.run((KnotResolver, {}))
