#!/usr/bin/env python3
"""The checkers of BIND and Knot DNS, as Debian has them, look at what a node publishes: both can
be relied on, pass what orders of every action put into the zone, and pass the base."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import blocks  # noqa: E402
from lab import Failure, Lab, parts  # noqa: E402

CHECKED_S = 60
NAMES = 40


def results(node):
    """{(checker, scope): result} of those that are ready."""
    said = {}
    for checker in node.cli("status", who=node.admin)["checkers"]:
        if checker["state"] != "ready":
            raise Failure(f"{checker['path']} is {checker['state']}: {checker['why']}")
        said.update({(checker["checker"], r["scope"]): r for r in checker["results"]})
    return said


def checked(node, scope, serial):
    """Both have looked as far as that."""
    said = results(node)
    return all(said.get((c, scope), {"serial": 0})["serial"] >= serial
               for c in ("named-checkzone", "kzonecheck"))


def main():
    paths = parts("named-checkzone", "kzonecheck")
    with Lab() as lab:
        authority = blocks.Authority(lab, **{"rpz.checkers": " ".join(paths)})
        node = authority.node
        lab.wait("both have looked at the empty base",
                 lambda: len(results(node)) == 4, CHECKED_S)
        for action, more in (("nxdomain", {}), ("nodata", {}),
                             ("landing", {"landing": "page.example"})):
            names = [f"{action}{i}.example" for i in range(NAMES)]
            _, serial = authority.block(*names, f"*.wild-{action}.example",
                                        "xn--bcher-kva." + action + ".example",
                                        action=action, **more)
        lab.wait("both have looked at the changes",
                 lambda: checked(node, "change", serial), CHECKED_S)
        for (checker, scope), said in results(node).items():
            if said["verdict"] != "passed":
                raise Failure(f"{checker} does not pass the {scope}: {said['words']}")
        alarms = node.cli("alarms", who=node.admin)["alarms"]
        if any(a["kind"] == "zone_checker" for a in alarms):
            raise Failure(f"there is an alarm: {alarms}")
        node.stop()
    print("both checkers pass what is published")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        sys.exit(f"test_rpz_checkers: {e}")
