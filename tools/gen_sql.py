#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gen_sql - C constants from the named queries and the schema of the store.

usage: gen_sql.py SQL_DIR SCHEMA_DIR OUT_H OUT_C [DEPFILE]

SQL_DIR/<name>.sql holds one statement under a comment "-- <name>: contract" that
documents each parameter as "$1 meaning".  <name>.pg.sql replaces it for PostgreSQL and
is checked like it, and left out here.  SCHEMA_DIR holds version.sql, log/NNNN_name.sql
(numbered from 1 without gaps, immutable once released) and view/NNNN_name.sql.

Whatever breaks a rule is refused by file, line and remedy, and nothing is written.
Outputs are rewritten only when they change, so that a build stays incremental; the
depfile names the folders too: a file that is added is seen without a new setup.
"""
import hashlib
import os
import re
import sys

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
MIGRATION = re.compile(r"(\d{4})_([a-z][a-z0-9_]*)\.sql\Z")
TOKEN = re.compile(r"""(?P<comment>--[^\n]*|/\*.*?\*/)
	|(?P<text>'[^']*'|"[^"]*")
	|(?P<param>\$\d+)
	|(?P<word>[A-Za-z_][A-Za-z0-9_]*)
	|(?P<other>\S)""", re.X | re.S)

# What one of the engines reads differently or not at all, and what to write instead.
REFUSED = [
    (r"insert or \w+|replace into", "ON CONFLICT"),
    (r"autoincrement|bigserial", "a number from UPDATE ... RETURNING"),
    (r"rowid|oid", "a key of the table's own"),
    (r"ifnull|nvl", "COALESCE"),
    (r"glob|regexp|ilike", "LIKE"),
    (r"pragma|attach|vacuum", "the engine's driver"),
    (r"blob", "BYTEA as the type"),
    (r"datetime|current_timestamp|current_date|random", "a parameter"),
    (r"begin|commit|rollback|savepoint", "the driver's functions"),
]


class Refused(Exception):
    """A rule that a file breaks."""


def refuse(path, text, at, why):
    line = text.count("\n", 0, at) + 1
    raise Refused(f"{path}:{line}: {why}")


def read(path):
    with open(path, "rb") as f:
        raw = f.read()
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as e:
        raise Refused(f"{path}: byte {e.start} is not ASCII") from e
    if "\0" in text or "\r" in text:
        raise Refused(f"{path}: has NUL or CR characters")
    return text


def tokens(path, text):
    """(kind, text, position) of all but white space."""
    result = [(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(text)]
    for kind, tok, at in result:
        if kind == "other" and tok in "'\"":
            refuse(path, text, at, "a quote is not closed")
        if kind == "other" and tok in "?$@`":
            refuse(path, text, at, f"{tok} is not portable: parameters are $1, $2, ...")
    return result


def check_portable(path, text, toks):
    words, starts = "", []
    for kind, tok, at in toks:
        if kind == "word":
            starts.append((len(words), at))
            words += tok.lower() + " "
        elif kind != "comment":
            words += "\x01 "
    for pattern, instead in REFUSED:
        m = re.search(rf"(?<![a-z0-9_])(?:{pattern})(?![a-z0-9_])", words)
        if m:
            at = [a for w, a in starts if w <= m.start()][-1]
            refuse(path, text, at, f"{m.group().strip().upper()} is not portable: "
                   f"use {instead}")


def numbers(text):
    return {int(n) for n in re.findall(r"\$(\d+)", text)}


def header_of(path, text, name):
    """The comment lines at the top; checks that they name this query."""
    header = re.match(r"(?:--[^\n]*\n)*", text).group()
    m = re.match(r"-- (\w+): \S", header)
    if not m:
        raise Refused(f'{path}:1: begin with "-- {name}: what it gives, in a line"')
    if m.group(1) != name:
        raise Refused(f"{path}:1: is about {m.group(1)}: name and file differ")
    bare = re.search(r"\$\d+(?!\d| +[A-Za-z(])", header)
    if bare:
        refuse(path, text, bare.start(), f"{bare.group()} has no meaning: say it after it")
    return header


def query(path, name, portable=True):
    text = read(path)
    header = header_of(path, text, name)
    body = text[len(header):]
    toks = tokens(path, text)
    if portable:
        check_portable(path, text, toks)
    code = [t for t in toks if t[0] != "comment"]
    if not code:
        raise Refused(f"{path}: has no statement")
    ends = [at for _, tok, at in code if tok == ";"]
    if not ends or code[-1][1] != ";":
        raise Refused(f"{path}: end the statement with ;")
    if len(ends) > 1:
        refuse(path, text, ends[0], "more than one statement: one file is one query")
    used = numbers(" ".join(tok for kind, tok, _ in toks if kind == "param"))
    documented = numbers(header)
    if used - documented:
        raise Refused(f"{path}: ${min(used - documented)} is used, not documented")
    if documented - used:
        raise Refused(f"{path}: ${min(documented - used)} is documented, not used")
    if used and used != set(range(1, len(used) + 1)):
        raise Refused(f"{path}: parameters must be $1 to ${len(used)} without gaps")
    return {"name": name, "doc": header, "text": body.strip().rstrip(";").rstrip() + "\n",
            "n": len(used)}


def queries(folder):
    found = []
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if not entry.endswith(".sql") or entry.startswith("."):
            raise Refused(f"{path}: only *.sql files belong here")
        name = entry[:-len(".pg.sql" if entry.endswith(".pg.sql") else ".sql")]
        if not NAME.match(name):
            raise Refused(f"{path}: a name is lower-case letters, digits and _")
        if not entry.endswith(".pg.sql"):
            found.append(query(path, name))
        elif not os.path.exists(os.path.join(folder, name + ".sql")):
            raise Refused(f"{path}: replaces {name}.sql, which is not there")
        else:
            query(path, name, portable=False)
    for q in found:
        pg = os.path.join(folder, q["name"] + ".pg.sql")
        if os.path.exists(pg) and query(pg, q["name"], False)["n"] != q["n"]:
            raise Refused(f"{pg}: has other parameters than {q['name']}.sql")
    return found


def migrations(folder, view):
    found = []
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        m = MIGRATION.match(entry)
        if not m:
            raise Refused(f"{path}: is not named NNNN_name.sql")
        if int(m.group(1)) != len(found) + 1:
            raise Refused(f"{path}: number {len(found) + 1:04} comes next, without gaps")
        text = read(path)
        toks = tokens(path, text)
        check_portable(path, text, toks)
        code = [t for t in toks if t[0] != "comment"]
        if not code and view:
            pass  # a file that only says why views are to be made anew
        elif not code or code[-1][1] != ";":
            raise Refused(f"{path}: end each statement with ;")
        for kind, tok, at in code:
            if kind == "param":
                refuse(path, text, at, f"{tok}: a migration has no parameters")
        for i, (_, tok, at) in enumerate(code):
            if tok.lower() == "table" and i > 0 and code[i - 1][1].lower() == "create":
                name = code[i + 1][1]
                if name.startswith("v_") != view:
                    refuse(path, text, at, f"table {name}: v_ begins the names of views' "
                           "tables, and of no others")
        found.append({"number": len(found) + 1, "name": m.group(2), "text": text,
                      "sha256": hashlib.sha256(text.encode()).hexdigest()})
    return found


def c_string(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return "\n".join(f'\t"{line}\\n"' for line in lines) or '\t""'


def make_header(qs):
    out = ["/* Made by tools/gen_sql.py from store/sql and store/schema. */",
           "#ifndef SALURAN_STORE_SQL_H", "#define SALURAN_STORE_SQL_H", "",
           '#include "db/db.h"', '#include "store/migrate.h"', ""]
    for q in qs:
        doc = q["doc"].replace("*/", "* /").replace("/*", "/ *")
        doc = re.sub(r"^-- ?", " * ", doc, flags=re.M).rstrip("\n")
        out += ["/*", doc, " */", f"extern const struct sql SQL_{q['name'].upper()};", ""]
    out += [f"enum {{ SQL_COUNT = {len(qs)} }};", "",
            "/* All of them, by id; the last is NULL. */",
            "extern const struct sql *const store_queries[SQL_COUNT + 1];", "",
            "extern const struct migration_set store_migrations;", "", "#endif", ""]
    return "\n".join(out)


def make_array(name, rows):
    if not rows:
        return []
    out = [f"static const struct migration {name}[] = {{"]
    for r in rows:
        out += [f"{{ {r['number']}, \"{r['name']}\", \"{r['sha256']}\",",
                c_string(r["text"]), "},"]
    return out + ["};", ""]


def make_source(qs, version, log, view):
    # ISO C promises strings of 4095 bytes; both compilers that we use take more.
    out = ["/* Made by tools/gen_sql.py from store/sql and store/schema. */",
           '#include "store/store_sql.h"', "",
           '#pragma GCC diagnostic ignored "-Woverlength-strings"', ""]
    for i, q in enumerate(qs):
        out += [f"const struct sql SQL_{q['name'].upper()} = {{",
                f"\"{q['name']}\",", c_string(q["text"]) + ",",
                f"{q['n']}, {i}", "};", ""]
    out += ["const struct sql *const store_queries[SQL_COUNT + 1] = {",
            *[f"&SQL_{q['name'].upper()}," for q in qs], "NULL};", ""]
    out += make_array("log_migrations", log) + make_array("view_migrations", view)
    print_of_views = hashlib.sha256(
        "".join(f"{v['name']} {v['sha256']}\n" for v in view).encode()).hexdigest()
    out += ["const struct migration_set store_migrations = {", c_string(version) + ",",
            f"{'log_migrations' if log else 'NULL'}, {len(log)},",
            f"{'view_migrations' if view else 'NULL'}, {len(view)},",
            f'"{print_of_views}",', "};", ""]
    return "\n".join(out)


def write_if_changed(path, text):
    try:
        with open(path, encoding="ascii") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def main(args):
    if len(args) not in (4, 5):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    sql, schema, out_h, out_c = args[:4]
    try:
        qs = queries(sql)
        version = read(os.path.join(schema, "version.sql"))
        log = migrations(os.path.join(schema, "log"), view=False)
        view = migrations(os.path.join(schema, "view"), view=True)
    except (Refused, OSError) as e:
        print(f"gen_sql: {e}", file=sys.stderr)
        return 1
    write_if_changed(out_h, make_header(qs))
    write_if_changed(out_c, make_source(qs, version, log, view))
    if len(args) == 5:
        seen = []
        for folder in (sql, schema, os.path.join(schema, "log"), os.path.join(schema, "view")):
            seen += [folder] + sorted(os.path.join(folder, f) for f in os.listdir(folder)
                                      if f.endswith(".sql"))
        with open(args[4], "w", encoding="utf-8") as f:
            f.write(f"{out_h} {out_c}: " + " ".join(s.replace(" ", "\\ ") for s in seen) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
