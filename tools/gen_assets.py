#!/usr/bin/python3
"""The files that pages and console load, as C:
gen_assets.py WEB VENDOR.js FIRST.js OUT.h OUT.c DIR DEPFILE

Style sheets and drawings of WEB, the texts of its languages, and, if VENDOR.js is not empty,
the modules of WEB/console/: those of the first screen as FIRST.js (tools/web_vendor.py makes
both), the others one by one; and the two style sheets of the console as one.  Each goes in with
.incbin as it is and as gzip has it; what is made for that lies in DIR.  All are served below one
word, the hash of them all: what a browser keeps under it never changes.

The modules that FIRST.js consists of are rows without bytes, VENDOR.js but for its own: they are
read from the folder of `serve --web-dir`.
"""

import gzip
import hashlib
import os
import sys

import web_modules

TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
         ".js": "text/javascript; charset=utf-8", ".json": "application/json"}
TEXTS = ["en.json", "id.json", "sentences.json"]
HASH_CHARS = 16
STYLES = ["style.css", "console.css"]
FIRST_CSS = "console/first.css"  # both
BUNDLE = "console/" + web_modules.BUNDLE
VENDOR = "console/" + web_modules.VENDOR
# Of what is here once and of no use to a browser.
NOT_SERVED = {"package.json", "package-lock.json"}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def find(web, vendor, bundle):
    """({name: bytes}, names of the modules of the first screen)."""
    out = {n: read(os.path.join(web, n)) for n in os.listdir(web)
           if os.path.splitext(n)[1] in TYPES and n not in NOT_SERVED
           and (not n.endswith(".json") or n in TEXTS)}
    first = set()
    if os.path.getsize(vendor) != 0:
        texts = web_modules.read_all(os.path.join(web, "console"))
        first = web_modules.first_of(texts)
        out.update((f"console/{n}", b"" if n in first
                    else web_modules.later_of(text, first).encode())
                   for n, text in texts.items())
        out[VENDOR], out[BUNDLE] = read(vendor), read(bundle)
        out[FIRST_CSS] = b"".join(out.get(n, b"") for n in STYLES)
    for name in out:
        if not all(c.isascii() and (c.isalnum() or c in "-_./") for c in name):
            raise web_modules.Refused(
                f"{name!r} has other characters than letters, digits, '-', '_' and '.'")
    return dict(sorted(out.items())), {f"console/{n}" for n in first}


def make_header():
    return "\n".join([
        "/* Made by tools/gen_assets.py from web/. */",
        "#ifndef SALURAN_HTTP_ASSETS_H", "#define SALURAN_HTTP_ASSETS_H", "",
        "#include <stdbool.h>", "#include <stddef.h>", "",
        "struct asset {", "\tconst char *name, *type;",
        "\tconst unsigned char *data, *data_end;",
        "\tconst unsigned char *gzip, *gzip_end;",
        "\tbool first; /* a module of the first screen: from a folder alone */", "};",
        "extern const struct asset assets[];", "extern const size_t assets_n;",
        "extern const char assets_hash[]; /* of them all */",
        "extern const bool assets_console; /* its modules are among them */", "",
        "#endif", ""])


def quoted(path):
    return os.path.abspath(path).replace("\\", "\\\\").replace('"', '\\"')


def make_source(found, folder, digest, console, first):
    out = ["/* Made by tools/gen_assets.py from web/. */", '#include "http/assets.h"', ""]
    for i in range(len(found)):
        for label, end in ((f"asset_{i}", ""), (f"asset_{i}_gzip", ".gz")):
            out.append("__asm__(")
            for line in (".section .rodata", f"{label}:",
                         f'.incbin "{quoted(os.path.join(folder, str(i) + end))}"',
                         f"{label}_end:", ".byte 0", ".previous"):
                text = line.replace("\\", "\\\\").replace('"', '\\"')
                out.append(f'\t"{text}\\n"')
            out.append(");")
    out.append("")
    for i in range(len(found)):
        out.append(f"extern const unsigned char asset_{i}[], asset_{i}_end[], "
                   f"asset_{i}_gzip[], asset_{i}_gzip_end[];")
    out += ["", "const struct asset assets[] = {"]
    for i, name in enumerate(found):
        out.append(f'\t{{"{name}", "{TYPES[os.path.splitext(name)[1]]}", asset_{i}, '
                   f"asset_{i}_end, asset_{i}_gzip, asset_{i}_gzip_end, "
                   f"{'true' if name in first else 'false'}}},")
    out += ["};", "const size_t assets_n = sizeof(assets) / sizeof(assets[0]);",
            f'const char assets_hash[] = "{digest}";',
            f"const bool assets_console = {'true' if console else 'false'};", ""]
    return "\n".join(out)


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def main(args):
    if len(args) != 8:
        print(__doc__, file=sys.stderr)
        return 2
    web, vendor, bundle, out_h, out_c, folder, depfile = args[1:]
    try:
        found, first = find(web, vendor, bundle)
        os.makedirs(folder, exist_ok=True)
        whole = hashlib.sha256()
        for i, (name, data) in enumerate(found.items()):
            whole.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
            write(os.path.join(folder, str(i)), data)
            write(os.path.join(folder, f"{i}.gz"), gzip.compress(data, 9, mtime=0))
    except (web_modules.Refused, OSError) as e:
        print(f"gen_assets: {e}", file=sys.stderr)
        return 1
    console, modules = BUNDLE in found, os.path.join(web, "console")
    digest = whole.hexdigest()[:HASH_CHARS]
    write(out_h, make_header().encode())
    write(out_c, make_source(found, folder, digest, console, first).encode())
    sources = [web, modules, web_modules.__file__]
    sources += [os.path.join(d, n) for d in (web, modules) for n in sorted(os.listdir(d))
                if os.path.splitext(n)[1] in TYPES]
    write(depfile, (f"{out_h} {out_c}: "
                    + " ".join(s.replace(" ", "\\ ") for s in sources) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
