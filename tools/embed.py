#!/usr/bin/env python3
"""embed.py - the files of policies/ and other folders as constants:
embed.py OUT.h OUT.c DEPFILE POLICIES [DIR...]

Every *.json and *.txt of POLICIES becomes a row of files[], found by its name; those of
another folder by DIR/name.
"""
import os
import sys


C99_STRING_MAX = 4095  # what a compiler must take, less what surrounds it


def c_string(data):
    """The bytes as C string literals, a line of text each."""
    out = []
    for line in data.split(b"\n"):
        text = "".join(
            chr(b) if 0x20 <= b < 0x7F and b not in b'"\\?' else "\\%03o" % b for b in line)
        out.append('\t "%s\\n"' % text)
    out[-1] = out[-1][:-3] + '"'
    return "\n".join(out)


def c_array(data):
    """Its bytes as numbers of a char array, ended by a zero."""
    numbers = [str(b if b < 128 else b - 256) for b in data + b"\0"]
    return ",\n".join(", ".join(numbers[i:i + 16]) for i in range(0, len(numbers), 16))


def main():
    out_h, out_c, depfile, *folders = sys.argv[1:]
    found = {}
    for folder in folders:
        names = sorted(n for n in os.listdir(folder) if n.endswith((".json", ".txt")))
        if not names:
            sys.exit("embed.py: %s has no files" % folder)
        prefix = "" if folder is folders[0] else os.path.basename(folder) + "/"
        found.update((prefix + n, os.path.join(folder, n)) for n in names)
    policies = [n[:-5] for n in found if n.endswith(".json") and n != "services.json"]
    rows = []
    arrays = []
    for name, path in found.items():
        with open(path, "rb") as f:
            data = f.read()
        if len(data) < C99_STRING_MAX:
            rows.append('\t{"%s", %d,\n%s},' % (name, len(data), c_string(data)))
            continue
        arrays.append("static const char file_%d[] = {\n%s\n};" % (len(arrays), c_array(data)))
        rows.append('\t{"%s", %d, file_%d},' % (name, len(data), len(arrays) - 1))
    with open(out_h, "w", encoding="ascii") as f:
        f.write("""/* Made by tools/embed.py from policies/, resolvers/ and letters/. */
#ifndef SALURAN_POLICIES_H
#define SALURAN_POLICIES_H

#include <stddef.h>

struct builtin_file {
	const char *name;
	size_t len;
	const char *data;
};

/* NULL: there is none of that name. */
const struct builtin_file *builtin_find(const char *name);
/* The names of the built-in policies, for a message. */
const char *builtin_policies(void);
/* And one by one, ended by NULL. */
extern const char *const builtin_policy_names[];

#endif
""")
    with open(out_c, "w", encoding="ascii") as f:
        f.write("""#include "service/policies.h"

#include <string.h>

%s
static const struct builtin_file files[] = {
%s
};

const struct builtin_file *
builtin_find(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

const char *
builtin_policies(void)
{
	return "%s";
}

const char *const builtin_policy_names[] = {%s, NULL};
""" % ("\n".join(arrays), "\n".join(rows), ", ".join(policies),
       ", ".join('"%s"' % p for p in policies)))
    with open(depfile, "w", encoding="ascii") as f:
        f.write("%s: %s\n" % (os.path.basename(out_h), " ".join(
            [*folders, *found.values()])))


main()
