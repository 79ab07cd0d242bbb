#!/usr/bin/python3
"""What the console takes from npm, as one module: web_vendor.py WEB OUT.js DEPFILE

Preact, its signals and htm, joined by the esbuild of WEB/node_modules.  Where they were not
fetched (tools/web_parts.sh does) OUT.js is empty, and the build has no console.
"""

import os
import subprocess
import sys


def main(args):
    if len(args) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    web, out, depfile = args[1:]
    fetched = os.path.join(web, "node_modules", ".package-lock.json")
    entry = os.path.join(web, "vendor.mjs")
    # The folder itself: what was not fetched may come.
    sources = [web, entry, os.path.join(web, "package-lock.json")]
    if os.path.exists(fetched):
        sources.append(fetched)
        code = subprocess.run(
            [os.path.join(web, "node_modules", ".bin", "esbuild"), entry, "--bundle",
             "--format=esm", "--minify", "--legal-comments=none", "--log-level=warning",
             f"--outfile={out}"], check=False).returncode
        if code != 0:
            print("web_vendor: esbuild could not join the console's packages", file=sys.stderr)
            return 1
    else:
        print("web_vendor: web/node_modules is not there (tools/web_parts.sh fetches it): "
              "this build has no console", file=sys.stderr)
        with open(out, "w", encoding="ascii"):
            pass
    with open(depfile, "w", encoding="utf-8") as f:
        f.write(f"{out}: " + " ".join(s.replace(" ", "\\ ") for s in sources) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
