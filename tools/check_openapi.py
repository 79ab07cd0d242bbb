#!/usr/bin/python3
"""Gate: docs/openapi.yaml is the document of the routes that the code has.

Usage: openapi.py BUILD [TREE]            compare
       openapi.py --write BUILD [TREE]    bring the document up to date

The document is made of what tests/docs_tables prints of the routes (method, path, who, on,
what each takes) and of three files in docs/openapi/: base.yaml (all but the routes),
members.yaml (what the members of requests are) and answers.yaml (what each route answers).
An answer is a schema; x-content-type says what it comes as, when not as JSON, x-or-bytes
what it comes as on demand, and x-streamed that it has no ETag.  A route without an answer, a member without a meaning, and a row for a route that there is
not are refused: so the document is whole, or the gate fails.
"""
import os
import re
import subprocess
import sys

import yaml

import tree

DOCUMENT = "docs/openapi.yaml"
PARTS = ("base", "members", "answers")
ROW = re.compile(r"^\| `(GET|POST|PUT|DELETE) (\S+)` \| (.*?) \| (.*?) \| (.*?) \| (.*) \|$",
                 re.M)
HEADER = "# Made by tools/check_openapi.py from docs/openapi/ and the table of routes.\n"
PROBLEMS = {"GET": (400, 401, 403, 404, 429), "POST": (400, 401, 403, 404, 409, 413, 415,
                                                       422, 429)}


BYTES = {"type": "string", "format": "binary"}


class Plain(yaml.SafeDumper):
    """Without anchors: each place says what it is."""

    def ignore_aliases(self, data):
        return True


def routes_of(build):
    printed = subprocess.run([os.path.join(build, "tests", "docs_tables"), "routes"],
                             check=True, capture_output=True, text=True).stdout
    return [{"method": m[0], "path": m[1], "who": m[2], "on": m[3],
             "takes": re.findall(r"`([^`]+)`", m[4]), "doc": m[5]}
            for m in ROW.findall(printed)]


def parts_of(root):
    return [yaml.safe_load(tree.read(root, f"docs/openapi/{name}.yaml")) for name in PARTS]


def operation_id(route):
    words = re.sub(r"[{}]", "", route["path"].removeprefix("/v1/")).split("/")
    return "_".join([route["method"].lower(), *re.split(r"[^a-z0-9]+", "_".join(words))])


def untyped(schema, at=""):
    """Where a schema does not say of what type something is."""
    said = {k for k in schema if not k.startswith("x-") and k != "description"}
    kinds = schema.get("type", [])
    if not said or ("object" in kinds and not said & {"properties", "additionalProperties"}) \
            or ("array" in kinds and "items" not in said):
        return [at or "/"]
    found = [p for name, v in (schema.get("properties") or {}).items()
             for p in untyped(v, f"{at}/{name}")]
    return found + (untyped(schema["items"], at + "[]") if "items" in said else [])


class Maker:
    def __init__(self, routes, base, members, answers):
        self.routes, self.base, self.answers = routes, base, answers
        self.members, self.rows = members["members"], members.get("routes") or {}
        self.problems, self.used = [], set()

    def schema(self, key, name):
        """What a member is: for this route, or by its name alone."""
        own = (self.rows.get(key, {}).get("members") or {}).get(name)
        if own is None and name not in self.members:
            self.problems.append(f"{key} takes \"{name}\": say what it is in "
                                 "docs/openapi/members.yaml")
            return {}
        if own is None:
            self.used.add(name)
        found = own or self.members[name]
        self.problems += [f"{key} takes \"{name}\" of no type (docs/openapi/members.yaml)"
                          for at in untyped(found) if at == "/" and "type" not in found]
        return found

    def required(self, key, names):
        wanted = self.rows.get(key, {}).get("required") or []
        self.problems += [f"{key} does not take \"{n}\" (docs/openapi/members.yaml)"
                          for n in wanted if n not in names]
        return [n for n in wanted if n in names]

    def responses(self, key, route):
        answer = self.answers.get(key)
        if answer is None:
            self.problems.append(f"{key} has no answer in docs/openapi/answers.yaml")
            answer = {"type": "object", "properties": {}}
        self.problems += [f"{key} answers {at} of no type (docs/openapi/answers.yaml)"
                          for at in untyped(answer)]
        kind = answer.get("x-content-type", "application/json")
        schema = {k: v for k, v in answer.items() if not k.startswith("x-")}
        done = {"description": "done", "content": {kind: {"schema": schema}}}
        if "x-or-bytes" in answer:
            done["content"][answer["x-or-bytes"]] = {"schema": BYTES}
        got = {"200": done}
        if route["method"] == "GET" and "x-streamed" not in answer:
            done["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
            got["304"] = {"description": "not changed"}
        for status in PROBLEMS.get(route["method"], PROBLEMS["POST"]):
            if status == 401 and route["who"] == "no credential":
                continue
            got[str(status)] = {"$ref": f"#/components/responses/{status}"}
        got["default"] = {"$ref": "#/components/responses/problem"}
        return got

    def operation(self, route):
        key = f"{route['method']} {route['path']}"
        in_path = re.findall(r"{([^}]+)}", route["path"])
        others = [n for n in route["takes"] if n not in in_path]
        self.problems += [f"{key} does not take {{{n}}}" for n in in_path
                          if n not in route["takes"]]
        required = self.required(key, route["takes"])
        parameters = [{"name": n, "in": "path", "required": True,
                       "schema": self.schema(key, n)} for n in in_path]
        op = {"operationId": operation_id(route), "summary": route["doc"],
              "description": f"Who: {route['who']}. On: {route['on']}.",
              "tags": [route["path"].split("/")[2]]}
        if route["method"] == "GET":
            parameters += [{"name": n, "in": "query", "required": n in required,
                            "schema": self.schema(key, n)} for n in others]
            parameters.append({"$ref": "#/components/parameters/If-None-Match"})
        elif route["method"] == "PUT":  # the body is the bytes themselves
            parameters += [{"name": n, "in": "query", "required": n in required,
                            "schema": self.schema(key, n)} for n in others]
            op["requestBody"] = {"required": True, "content": {
                "application/octet-stream": {"schema": BYTES}}}
        else:
            parameters.append({"$ref": "#/components/parameters/Idempotency-Key"})
            if "version" in route["takes"]:
                parameters.append({"$ref": "#/components/parameters/If-Match"})
            body = {"type": "object", "additionalProperties": False,
                    "properties": {n: self.schema(key, n) for n in others}}
            needed = [n for n in required if n in others]
            if needed:
                body["required"] = needed
            op["requestBody"] = {"required": bool(needed),
                                 "content": {"application/json": {"schema": body}}}
        op["parameters"] = parameters
        if route["who"] == "no credential":
            op["security"] = []
        op["responses"] = self.responses(key, route)
        return op

    def make(self):
        document = dict(self.base)
        paths = document["paths"] = dict(self.base.get("paths") or {})
        keys = set()
        for route in self.routes:
            keys.add(f"{route['method']} {route['path']}")
            paths.setdefault(route["path"], {})[route["method"].lower()] = \
                self.operation(route)
        for name, rows in (("members", self.rows), ("answers", self.answers)):
            self.problems += [f"docs/openapi/{name}.yaml: there is no route {k}"
                              for k in rows if k not in keys]
        self.problems += [f"docs/openapi/members.yaml: no route takes \"{n}\""
                          for n in self.members if n not in self.used]
        return HEADER + yaml.dump(document, Dumper=Plain, sort_keys=False, width=96,
                                  allow_unicode=True)


def main():
    words = sys.argv[1:]
    writing = words[:1] == ["--write"]
    words = words[writing:]
    if not 1 <= len(words) <= 2:
        sys.exit(__doc__)
    root = words[1] if len(words) == 2 else os.path.dirname(
        os.path.dirname(os.path.abspath(__file__)))
    routes = routes_of(words[0])
    maker = Maker(routes, *parts_of(root))
    text, problems = maker.make(), maker.problems
    path = os.path.join(root, DOCUMENT)
    if writing and not problems:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    if not problems and (not os.path.exists(path) or tree.read(root, DOCUMENT) != text):
        problems.append(f"{DOCUMENT} is not that of the code: "
                        "tools/check_openapi.py --write BUILD")
    return tree.report("openapi", len(routes), problems)


if __name__ == "__main__":
    sys.exit(main())
