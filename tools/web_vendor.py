#!/usr/bin/env python3
"""What the console takes from npm, and what its first screen waits for, each as one module:
web_vendor.py WEB VENDOR.js FIRST.js DIR DEPFILE

Preact, its signals and htm, joined by the esbuild of WEB/node_modules; then the modules of the
first screen with them (tools/web_modules.py), in DIR, their templates as calls
(tools/web_templates.mjs). Where they were not fetched
(tools/web_parts.sh does) both are empty, and the build has no console.
"""

import os
import shutil
import subprocess
import sys

import web_modules


def join(web, entry, out, *more):
    """Whether esbuild could."""
    return subprocess.run(
        [os.path.abspath(os.path.join(web, "node_modules", ".bin", "esbuild")), entry, "--bundle",
         "--format=esm", "--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning",
         f"--outfile={out}", *more], check=False).returncode == 0


def join_first(web, vendor, first_js, folder):
    """In a folder that has them all, since what comes later stays where it is."""
    texts = web_modules.read_all(os.path.join(web, "console"))
    first = web_modules.first_of(texts)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in first - {web_modules.VENDOR}:
        shutil.copy(os.path.join(web, "console", name), folder)
    shutil.copy(vendor, os.path.join(folder, web_modules.VENDOR))
    with open(os.path.join(folder, web_modules.TEXTS), "w", encoding="utf-8") as f:
        f.write(web_modules.texts_of(texts, first, web))
    templates = os.path.join(os.path.dirname(os.path.abspath(__file__)), "web_templates.mjs")
    if subprocess.run(["node", templates, os.path.join(web, "node_modules", "htm"), folder],
                      check=False).returncode != 0:
        return False
    entry = os.path.join(folder, "entry.mjs")
    with open(entry, "w", encoding="utf-8") as f:
        f.write(web_modules.entry_of(texts, first))
    out = os.path.join(folder, web_modules.BUNDLE)
    later = sorted(set(texts) - first)
    # The browser compiles all of it beside the page, not piece by piece while it waits.
    hint = "--banner:js=//# allFunctionsCalledOnLoad"
    if not join(web, entry, out, hint, *[f"--external:{os.path.join(folder, n)}" for n in later]):
        return False
    shutil.copy(out, first_js)
    return True


def main(args):
    if len(args) != 6:
        print(__doc__, file=sys.stderr)
        return 2
    web, vendor, first_js, folder, depfile = args[1:]
    console, tools = os.path.join(web, "console"), os.path.dirname(os.path.abspath(__file__))
    fetched = os.path.join(web, "node_modules", ".package-lock.json")
    entry = os.path.join(web, "vendor.mjs")
    # The folder itself: what was not fetched may come.
    sources = [web, entry, os.path.join(web, "package-lock.json"), console,
               os.path.join(tools, "web_modules.py")]
    sources += [os.path.join(tools, "web_templates.mjs")]
    sources += [os.path.join(web, f"{lang}.json") for lang in web_modules.LANGS]
    if os.path.exists(fetched):
        sources += [fetched] + [os.path.join(console, n) for n in sorted(os.listdir(console))]
        try:
            joined = join(web, entry, vendor) and join_first(
                web, vendor, first_js, os.path.abspath(folder))
        except web_modules.Refused as e:
            print(f"web_vendor: {e}", file=sys.stderr)
            return 1
        if not joined:
            print("web_vendor: esbuild could not join the console's modules", file=sys.stderr)
            return 1
    else:
        print("web_vendor: web/node_modules is not there (tools/web_parts.sh fetches it): "
              "this build has no console", file=sys.stderr)
        for out in (vendor, first_js):
            with open(out, "w", encoding="ascii"):
                pass
    with open(depfile, "w", encoding="utf-8") as f:
        f.write(f"{vendor} {first_js}: " + " ".join(s.replace(" ", "\\ ") for s in sources) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
