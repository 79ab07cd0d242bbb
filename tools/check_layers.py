#!/usr/bin/python3
"""Gate: the include graph of src/ keeps to the floors of the house.

A folder may include what its row allows, and a header of a library only where the
library's row allows it.  No headers may include each other in a circle.
"""

import os
import re
import sys

import tree

EDGES = ["http", "hook", "peer", "rpz", "probe", "mail", "cli"]

# What a folder may include besides itself.
FLOORS = {
    "base": [],
    "core": ["base"],
    "db": ["base"],
    "signer": ["base", "core"],
    "store": ["base", "core", "db"],
    "service": ["base", "core", "db", "store", "signer"],
    **{edge: ["base", "core", "service"] for edge in EDGES},
    "main": ["base", "core", "db", "store", "signer", "service", *EDGES],
}

# Where a library's headers may be included; what has no row may be included anywhere.
LIBRARIES = {
    "sqlite3.h": ["db"],
    "libpq-fe.h": ["db"],
    "microhttpd.h": ["http", "peer"],
    "curl/": ["core", "hook", "peer", "probe", "mail", "cli"],
    "gnutls/": ["service", "peer", "probe"],
    "libknot/": ["rpz", "probe"],
    "libdnssec/": ["rpz", "probe"],
    "gmime/": ["mail"],
    "zlib.h": ["peer"],
    "idn2.h": ["core"],
    "qrencode.h": ["core", "cli"],
    "libpsl.h": [],
    "jansson.h": ["core", "store", "service", *EDGES],
    "sodium.h": ["base", "core", "signer", "service", "http", "peer", "cli"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def check_own(path, folder, target, problems):
    """An include in quotes; gives the path below src/ that it means."""
    if "/" not in target:
        return f"{folder}/{target}"
    other = target.split("/")[0]
    if other not in FLOORS:
        problems.append(f"{path}: \"{target}\" is in no folder of src/")
    elif other != folder and other not in FLOORS[folder]:
        problems.append(f"{path}: {folder}/ may not include \"{target}\"")
    return target


def library_of(target):
    """The row of LIBRARIES that a header falls under, or None."""
    for library in LIBRARIES:
        if target == library or (library.endswith("/") and target.startswith(library)):
            return library
    return None


def check_library(path, folder, target, problems):
    library = library_of(target)
    if library and folder not in LIBRARIES[library]:
        problems.append(f"{path}: {folder}/ may not include <{target}>; "
                        f"only {', '.join(LIBRARIES[library])} may")


def find_circle(graph):
    """A list of files that include each other, first and last the same, or None."""
    done, trail = set(), []

    def visit(node):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        trail.append(node)
        for following in graph.get(node, []):
            circle = visit(following)
            if circle:
                return circle
        trail.pop()
        done.add(node)
        return None

    for start in sorted(graph):
        circle = visit(start)
        if circle:
            return circle
    return None


def main():
    root = tree.root_argument()
    sources = [p for p in tree.files(root, [".c", ".h"]) if p.startswith("src/")]
    problems, graph = [], {}
    for path in sources:
        inside = path[len("src/"):]
        folder = inside.split("/")[0]
        if folder not in FLOORS:
            problems.append(f"{path}: the folder has no row in {os.path.basename(__file__)}")
            continue
        graph[inside] = []
        for quote, target in INCLUDE.findall(tree.read(root, path)):
            if library_of(target):
                quote = "<"
            if quote == '"':
                graph[inside].append(check_own(path, folder, target, problems))
            else:
                check_library(path, folder, target, problems)
    circle = find_circle(graph)
    if circle:
        problems.append("a circle: " + " -> ".join(circle))
    return tree.report("layers", len(sources), problems)


if __name__ == "__main__":
    sys.exit(main())
