"""The modules of web/console/: which of them the first screen waits for, and those as one file.

A browser that is slow has more work with a request than with what comes by it. So FIRST and
what it imports, and what that imports, become one module, BUNDLE, and what comes later imports
from there: from "./api.js" the name get is api_get of BUNDLE. Each module is still there once.
"""

import json
import os
import re

FIRST = "main.js"  # what a browser begins with
BUNDLE = "first.js"
VENDOR = "vendor.js"
TEXTS = "texts.js"  # the texts of the first screen are put there
LANGS = ["en", "id"]
IMPORT = re.compile(r'^import\s([^;]*?)from "\./([^"]+)";', re.M)
NAMES = re.compile(r"\{([^}]*)\}\s*$")
# What a module says of texts: a key, the beginning of one, a family of tokens.
KEY = re.compile(r"""["'`]([a-z][a-z0-9_]*)["'`]""")
BEGINNING = re.compile(r"`([a-z][a-z0-9_]*_)\$\{")
FAMILY = re.compile(r'\bword\("([a-z_]+)"')


class Refused(Exception):
    pass


def read_all(console):
    """{name: text} of the folder."""
    out = {}
    for name in sorted(os.listdir(console)):
        if name.endswith(".js"):
            with open(os.path.join(console, name), encoding="utf-8") as f:
                out[name] = f.read()
    return out


def first_of(texts):
    """The names of those that the first screen waits for; VENDOR is one, if it is imported."""
    seen, ahead = set(), [FIRST]
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        if name not in texts and name != VENDOR:
            raise Refused(f"there is no console/{name}, which a module imports")
        seen.add(name)
        ahead += [m[2] for m in IMPORT.finditer(texts.get(name, ""))]
    return seen


def outer(module, name):
    """What BUNDLE calls `name` of `module`."""
    return f"{module.removesuffix('.js').replace('-', '_')}_{name}"


def names_of(what, module):
    """[(name there, name here)] of one import."""
    got = NAMES.search(what)
    if got is None:
        raise Refused(f"a module imports all of {module}: name what it needs")
    pairs = [[w.strip() for w in one.split(" as ")] for one in got[1].split(",") if one.strip()]
    return [(p[0], p[-1]) for p in pairs]


def entry_of(texts, first):
    """The module that BUNDLE is made of: what FIRST does, and all that comes later needs."""
    wanted = set()
    for name in sorted(set(texts) - first):
        for m in IMPORT.finditer(texts[name]):
            if m[2] in first:
                wanted.update((m[2], there) for there, _ in names_of(m[1], m[2]))
    lines = [f'import "./{FIRST}";']
    lines += [f'export {{ {there} as {outer(module, there)} }} from "./{module}";'
              for module, there in sorted(wanted)]
    return "\n".join(lines) + "\n"


def later_of(text, first):
    """A module that comes later, as it is beside BUNDLE."""
    def one(m):
        if m[2] not in first:
            return m[0]
        names = ", ".join(f"{outer(m[2], there)} as {here}" for there, here in names_of(m[1], m[2]))
        return f'import {{ {names} }} from "./{BUNDLE}";'
    return IMPORT.sub(one, text)


def texts_of(texts, first, web):
    """TEXTS with all that the modules of the first screen may say."""
    code = "\n".join(texts[n] for n in sorted(first) if n in texts)
    keys = set(KEY.findall(code))
    starts = tuple(set(BEGINNING.findall(code)) | {f + "_" for f in FAMILY.findall(code)})
    rows = []
    for lang in LANGS:
        with open(os.path.join(web, f"{lang}.json"), encoding="utf-8") as f:
            table = json.load(f)
        some = {k: v for k, v in table.items() if k in keys or k.startswith(starts)}
        packed = json.dumps(some, ensure_ascii=False, separators=(",", ":"))
        rows.append(f"{lang}: () => JSON.parse({json.dumps(packed, ensure_ascii=False)})")
    return "export const FIRST = { " + ", ".join(rows) + " };\n"
