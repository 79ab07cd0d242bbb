#!/usr/bin/python3
"""The files that pages and console load, as C: gen_assets.py WEB VENDOR.js OUT.h OUT.c GZDIR DEPFILE

Style sheets and drawings of WEB, the texts of its languages, and, if VENDOR.js is not empty,
the modules of WEB/console/ with VENDOR.js among them.  Each goes in with .incbin as it is and
as gzip has it.  All are served below one word, the hash of them all: what a browser
keeps under it never changes.
"""

import gzip
import hashlib
import os
import re
import sys

TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
         ".js": "text/javascript; charset=utf-8", ".json": "application/json"}
TEXTS = ["en.json", "id.json", "sentences.json"]
HASH_CHARS = 16
FIRST = "console/main.js"  # what a browser begins with
IMPORT = re.compile(rb'^import\s[^;]*?from "\./([^"]+)";', re.M | re.S)
# Of what is here once and of no use to a browser.
NOT_SERVED = {"package.json", "package-lock.json"}


class Refused(Exception):
    pass


def find(web, vendor):
    """[(name, path)] in the order of names."""
    out = [(n, os.path.join(web, n)) for n in os.listdir(web)
           if os.path.splitext(n)[1] in TYPES and n not in NOT_SERVED
           and (not n.endswith(".json") or n in TEXTS)]
    console = os.path.join(web, "console")
    if os.path.getsize(vendor) != 0:
        out += [(f"console/{n}", os.path.join(console, n)) for n in os.listdir(console)
                if os.path.splitext(n)[1] in TYPES]
        out.append(("console/vendor.js", vendor))
    for name, _ in out:
        if not all(c.isascii() and (c.isalnum() or c in "-_./") for c in name):
            raise Refused(f"{name!r} has other characters than letters, digits, '-', '_' and '.'")
    return sorted(out)


def first_ones(found):
    """FIRST and what it imports, and what that imports: all that the first screen waits for."""
    paths, seen, ahead = dict(found), set(), [FIRST] if FIRST in dict(found) else []
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        if name not in paths:
            raise Refused(f"there is no {name}, which a module imports")
        seen.add(name)
        with open(paths[name], "rb") as f:
            ahead += ["console/" + m.decode() for m in IMPORT.findall(f.read())]
    return seen


def make_header():
    return "\n".join([
        "/* Made by tools/gen_assets.py from web/. */",
        "#ifndef SALURAN_HTTP_ASSETS_H", "#define SALURAN_HTTP_ASSETS_H", "",
        "#include <stdbool.h>", "#include <stddef.h>", "",
        "struct asset {", "\tconst char *name, *type;",
        "\tconst unsigned char *data, *data_end;",
        "\tconst unsigned char *gzip, *gzip_end;",
        "\tbool first; /* a module that the first screen waits for */", "};",
        "extern const struct asset assets[];", "extern const size_t assets_n;",
        "extern const char assets_hash[]; /* of them all */",
        "extern const bool assets_console; /* its modules are among them */", "",
        "#endif", ""])


def quoted(path):
    return os.path.abspath(path).replace("\\", "\\\\").replace('"', '\\"')


def make_source(found, gzipped, digest, console, first):
    out = ["/* Made by tools/gen_assets.py from web/. */", '#include "http/assets.h"', ""]
    for i, (_, path) in enumerate(found):
        for label, file in ((f"asset_{i}", path), (f"asset_{i}_gzip", gzipped[i])):
            out.append("__asm__(")
            for line in (".section .rodata", f"{label}:", f'.incbin "{quoted(file)}"',
                         f"{label}_end:", ".byte 0", ".previous"):
                text = line.replace("\\", "\\\\").replace('"', '\\"')
                out.append(f'\t"{text}\\n"')
            out.append(");")
    out.append("")
    for i in range(len(found)):
        out.append(f"extern const unsigned char asset_{i}[], asset_{i}_end[], "
                   f"asset_{i}_gzip[], asset_{i}_gzip_end[];")
    out += ["", "const struct asset assets[] = {"]
    for i, (name, _) in enumerate(found):
        out.append(f'\t{{"{name}", "{TYPES[os.path.splitext(name)[1]]}", asset_{i}, '
                   f"asset_{i}_end, asset_{i}_gzip, asset_{i}_gzip_end, "
                   f"{'true' if name in first else 'false'}}},")
    out += ["};", "const size_t assets_n = sizeof(assets) / sizeof(assets[0]);",
            f'const char assets_hash[] = "{digest}";',
            f"const bool assets_console = {'true' if console else 'false'};", ""]
    return "\n".join(out)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(args):
    if len(args) != 7:
        print(__doc__, file=sys.stderr)
        return 2
    web, vendor, out_h, out_c, gzdir, depfile = args[1:]
    try:
        found = find(web, vendor)
        os.makedirs(gzdir, exist_ok=True)
        first = first_ones(found)
        whole, gzipped = hashlib.sha256(), []
        for i, (name, path) in enumerate(found):
            with open(path, "rb") as f:
                data = f.read()
            whole.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
            gzipped.append(os.path.join(gzdir, f"{i}.gz"))
            with open(gzipped[-1], "wb") as f:
                f.write(gzip.compress(data, 9, mtime=0))
    except (Refused, OSError) as e:
        print(f"gen_assets: {e}", file=sys.stderr)
        return 1
    console = os.path.getsize(vendor) != 0
    write(out_h, make_header())
    write(out_c, make_source(found, gzipped, whole.hexdigest()[:HASH_CHARS], console, first))
    sources = [web, os.path.join(web, "console")] + [path for _, path in found]
    write(depfile, f"{out_h} {out_c}: "
          + " ".join(s.replace(" ", "\\ ") for s in sources) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
