#!/usr/bin/env python3
"""Unbound with the configuration that Saluran prints, by its address and, with a key, behind
NSD: see tests/e2e/rpz_life.py."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rpz_life  # noqa: E402
from resolvers import Unbound  # noqa: E402

if __name__ == "__main__":
    rpz_life.run((Unbound, {}), (Unbound, {"tsig": True}))
