#!/usr/bin/python3
"""The texts of the pages, as C: gen_text.py WEB OUT.h OUT.c DEPFILE

WEB/en.json and WEB/id.json hold the same keys; a key that one of them lacks and another
number of {1}, {2} … in the two are told and end the build.  A value is a text, or
{"one": …, "other": …} where the words depend on a number, which is then {1}.

WEB/sentences.json has what the node says in English, each sentence with its Indonesian one.
"""

import json
import os
import re
import sys

LANGUAGES = ["id", "en"]  # in the order of enum lang
KEY = re.compile(r"[a-z][a-z0-9_]*")
PLACE = re.compile(r"\{[a-z]+\d?\}")
ARGS_MAX = 5
SENTENCES = "sentences.json"


class Refused(Exception):
    pass


def pairs(items):
    """An object whose keys are all different."""
    out = {}
    for key, value in items:
        if key in out:
            raise Refused(f"key {key!r} stands twice")
        out[key] = value
    return out


def forms(where, key, value):
    """The texts for one and for other numbers."""
    if isinstance(value, str):
        value = {"one": value, "other": value}
    if not isinstance(value, dict) or sorted(value) != ["one", "other"] \
            or not all(isinstance(v, str) and v.strip() for v in value.values()):
        raise Refused(f"{where}: {key!r} is no text, nor has it just one and other")
    return value


def places(where, key, text):
    """How many arguments a text takes: {1} to {n}, each at least once."""
    found = {int(n) for n in re.findall(r"\{(\d+)\}", text)}
    rest = re.sub(r"\{\d+\}", "", text)
    if "{" in rest or "}" in rest:
        raise Refused(f"{where}: {key!r} has a brace that is no {{1}}, {{2}} …")
    if found != set(range(1, len(found) + 1)) or len(found) > ARGS_MAX:
        raise Refused(f"{where}: {key!r} does not count its places from {{1}}, "
                      f"at most {ARGS_MAX}")
    return len(found)


def load(path):
    with open(path, encoding="utf-8") as f:
        try:
            table = json.load(f, object_pairs_hook=pairs)
        except (ValueError, Refused) as e:
            raise Refused(f"{path}: {e}") from e
    if not table:
        raise Refused(f"{path}: it has no texts")
    for key in table:
        if not KEY.fullmatch(key):
            raise Refused(f"{path}: {key!r} is no key: [a-z][a-z0-9_]*")
    return {key: forms(path, key, value) for key, value in table.items()}


def check(web, tables):
    """Every text has the same places, whatever its language; gives their number by key."""
    counts = {}
    keys = {key for table in tables.values() for key in table}
    for lang, table in tables.items():
        lacks = sorted(keys - set(table))
        if lacks:
            raise Refused(f"{web}/{lang}.json lacks {', '.join(lacks)}")
    for key in keys:
        seen = {places(f"{web}/{lang}.json", key, text)
                for lang, table in tables.items() for text in table[key].values()}
        if len(seen) != 1:
            raise Refused(f"{web}: {key!r} has different places in its forms")
        counts[key] = seen.pop()
    return counts


def load_sentences(path):
    """[(in English, in Indonesian)], which have the same places."""
    with open(path, encoding="utf-8") as f:
        try:
            rows = json.load(f, object_pairs_hook=pairs)
        except (ValueError, Refused) as e:
            raise Refused(f"{path}: {e}") from e
    for english, own in rows.items():
        if not isinstance(own, str) or not own.strip() \
                or sorted(PLACE.findall(english)) != sorted(PLACE.findall(own)):
            raise Refused(f"{path}: {english!r} has other places than its sentence")
        if any(c in PLACE.sub("", english + own) for c in "{}"):
            raise Refused(f"{path}: {english!r} has a brace that is no {{n}}, {{x1}} …")
    return list(rows.items())


def c_string(data):
    """Bytes as C string literals, a line of text each."""
    out = []
    for line in data.split(b"\n"):
        text = "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\?' else f"\\{b:03o}"
                       for b in line)
        out.append(f'\t"{text}\\n"')
    out[-1] = out[-1][:-3] + '"'
    return "\n".join(out)


def make_header(keys):
    out = ["/* Made by tools/gen_text.py from web/. */",
           "#ifndef SALURAN_HTTP_TEXTS_H", "#define SALURAN_HTTP_TEXTS_H", "",
           "#include <stddef.h>", "",
           f"enum {{ TEXT_LANGUAGES = {len(LANGUAGES)}, TEXT_ARGS_MAX = {ARGS_MAX} }};", "",
           "enum text_key {"]
    out += [f"\tTEXT_{key.upper()}," for key in keys]
    out += ["\tTEXT_COUNT", "};", "",
            "struct text_row {", "\tunsigned args;",
            "\tstruct {", "\t\tconst char *one, *other;",
            "\t} lang[TEXT_LANGUAGES]; /* " + ", ".join(LANGUAGES) + " */", "};",
            "extern const struct text_row text_rows[TEXT_COUNT];", "",
            "/* What the node says: {n}, {x1} … stand for what is in it. */",
            "struct sentence_row {", "\tconst char *english, *own;", "};",
            "extern const struct sentence_row sentence_rows[];",
            "extern const size_t sentence_rows_n;", "",
            "#endif", ""]
    return "\n".join(out)


def make_source(keys, counts, tables, sentences):
    out = ["/* Made by tools/gen_text.py from web/. */", '#include "http/texts.h"', "",
           '#pragma GCC diagnostic ignored "-Woverlength-strings"', "",
           "const struct text_row text_rows[TEXT_COUNT] = {"]
    for key in keys:
        out += [f"[TEXT_{key.upper()}] = {{ {counts[key]}, {{"]
        for lang in LANGUAGES:
            row = tables[lang][key]
            out += ["{", c_string(row["one"].encode()), ",",
                    c_string(row["other"].encode()), "},"]
        out += ["} },"]
    out += ["};", "", "const struct sentence_row sentence_rows[] = {"]
    for english, own in sentences:
        out += ["{", c_string(english.encode()), ",", c_string(own.encode()), "},"]
    out += ["{0, 0}, /* C has no list of none */", "};",
            f"const size_t sentence_rows_n = {len(sentences)};", ""]
    return "\n".join(out)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(args):
    if len(args) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    web, out_h, out_c, depfile = args
    try:
        tables = {lang: load(os.path.join(web, f"{lang}.json")) for lang in LANGUAGES}
        counts = check(web, tables)
        sentences = load_sentences(os.path.join(web, SENTENCES))
    except (Refused, OSError) as e:
        print(f"gen_text: {e}", file=sys.stderr)
        return 1
    keys = sorted(counts)
    write(out_h, make_header(keys))
    write(out_c, make_source(keys, counts, tables, sentences))
    sources = [os.path.join(web, f"{name}.json") for name in LANGUAGES] + [
        os.path.join(web, SENTENCES)]
    write(depfile, f"{out_h} {out_c}: " + " ".join(s.replace(" ", "\\ ") for s in sources) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
