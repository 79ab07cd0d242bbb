#!/usr/bin/env python3
"""Each policy's story, from its adoption to its end, on two real nodes whose people act through
the API alone and whose clock a test moves by hours and days, as the policy counts them.

usage: test_policy_stories.py [POLICY...]"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import policies_eu  # noqa: E402
import policies_id  # noqa: E402
from lab import Failure, Lab  # noqa: E402

STORIES = {
    "agreement-2017": policies_id.agreement_2017,
    "id-2014": policies_id.id_2014,
    "id-2020": policies_id.id_2020,
    "eu-tco": policies_eu.eu_tco,
    "eu-dsa": policies_eu.eu_dsa,
    "demo": policies_id.demo,
    "sandbox": policies_id.sandbox,
}


def covered():
    """No policy that is shipped is without its story."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "policies")
    shipped = {n[:-5] for n in os.listdir(folder) if n.endswith(".json")} - {"services"}
    if shipped != set(STORIES):
        raise Failure(f"policies without a story, or the other way: "
                      f"{sorted(shipped ^ set(STORIES))}")


def main():
    covered()
    for name in sys.argv[1:] or STORIES:
        began = time.monotonic()
        with Lab() as lab:
            try:
                STORIES[name](lab)
            except Failure as e:
                raise Failure(f"{name}: {e}") from None
        print(f"{name}: told in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
