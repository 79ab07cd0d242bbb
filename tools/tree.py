"""The files that the gates look at: tracked, or new and not ignored."""

import os
import subprocess
import sys


def files(root, suffixes=None):
    """Sorted paths relative to root; everything below it where there is no git."""
    if os.path.exists(os.path.join(root, ".git")):
        out = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
            check=True, capture_output=True).stdout
        found = [os.fsdecode(p) for p in out.split(b"\0") if p]
    else:
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [d for d in folders if not d.startswith(("build", ".git"))]
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    found = [p for p in found if os.path.isfile(os.path.join(root, p))]
    if suffixes is not None:
        found = [p for p in found if p.endswith(tuple(suffixes))]
    return sorted(set(found))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def report(gate, looked_at, problems):
    """Print the problems and give the exit status; a gate without files has failed."""
    if looked_at == 0:
        problems = ["no file to look at"]
    for p in problems:
        print(p)
    print(f"{gate}: {looked_at} files, {len(problems)} problems")
    return 1 if problems else 0


def root_argument():
    """The tree is the first argument, or the one that this script is in."""
    if len(sys.argv) > 2:
        sys.exit(f"usage: {sys.argv[0]} [TREE]")
    if len(sys.argv) == 2:
        return sys.argv[1]
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
