"""gen_assets: what goes into the program is what lies in web/, below a hash of it all."""

import gzip
import os
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("SALURAN_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
TOOL = os.path.join(SOURCE, "tools", "gen_assets.py")
SHOW = """#include <stdio.h>
#include <string.h>
#include "http/assets.h"
int main(int argc, char **argv) {
	for (size_t i = 0; i < assets_n; i++) {
		if (argc == 1) printf("%s %s %d\\n", assets[i].name, assets[i].type, assets[i].first);
		else if (strcmp(argv[1], assets[i].name) == 0 && argc == 2)
			fwrite(assets[i].data, 1, assets[i].data_end - assets[i].data, stdout);
		else if (strcmp(argv[1], assets[i].name) == 0)
			fwrite(assets[i].gzip, 1, assets[i].gzip_end - assets[i].gzip, stdout);
	}
	return 0;
}
"""
FILES = {"style.css": b"a { b: c }\n", "icon.svg": b"<svg/>", "en.json": b"{}", "id.json": b"{}",
         "package.json": b"{}", "vendor.mjs": b"", "notes.txt": b"not served",
         "console/main.js": b'import { a } from "./vendor.js";\nimport { b } from "./one.js";\n',
         "console/one.js": b'import {\n\tc,\n} from "./two.js";\nconst x = () => import("./late.js");\n',
         "console/two.js": b"export const c = 1;\n\0",
         "console/late.js": b'import { d } from "./two.js";\n'}


BUNDLE = b"export const two_d = 1;"


class GenAssets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.web = os.path.join(self.folder.name, "web")
        os.makedirs(os.path.join(self.web, "console"))
        os.makedirs(os.path.join(self.folder.name, "http"))
        for name, data in FILES.items():
            self.put(name, data)

    def put(self, name, data):
        with open(os.path.join(self.web, name), "wb") as f:
            f.write(data)

    def run_tool(self, vendor=b"export const a = 1;"):
        path = os.path.join(self.folder.name, "vendor.js")
        with open(path, "wb") as f:
            f.write(vendor)
        bundle = os.path.join(self.folder.name, "first.js")
        with open(bundle, "wb") as f:
            f.write(BUNDLE)
        out = [os.path.join(self.folder.name, n) for n in ("http/assets.h", "assets.c")]
        return subprocess.run([sys.executable, TOOL, self.web, path, bundle, *out,
                               os.path.join(self.folder.name, "gz"),
                               os.path.join(self.folder.name, "d")],
                              capture_output=True, text=True, check=False)

    def build(self, **more):
        done = self.run_tool(**more)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.folder.name, "show.c"), "w", encoding="ascii") as f:
            f.write(SHOW)
        self.show = os.path.join(self.folder.name, "show")
        subprocess.run(["cc", "-std=gnu11", "-I", self.folder.name, "-o", self.show,
                        os.path.join(self.folder.name, "show.c"),
                        os.path.join(self.folder.name, "assets.c")], check=True)
        with open(os.path.join(self.folder.name, "assets.c"), encoding="utf-8") as f:
            return re.search(r'assets_hash\[\] = "(\w+)"', f.read())[1]

    def out(self, *args):
        return subprocess.run([self.show, *args], capture_output=True, check=True).stdout

    def test_whole_and_packed(self):
        self.build()
        for name in ("style.css", "icon.svg", "en.json"):
            self.assertEqual(self.out(name), FILES[name])
            self.assertEqual(gzip.decompress(self.out(name, "gzip")), FILES[name])
        self.assertEqual(self.out("console/vendor.js"), b"export const a = 1;")
        self.assertEqual(self.out("console/first.js"), BUNDLE)
        self.assertEqual(self.out("console/first.css"), FILES["style.css"])

    def test_what_comes_later_imports_from_what_came_first(self):
        self.build()
        self.assertEqual(self.out("console/late.js"),
                         b'import { two_d as d } from "./first.js";\n')
        for name in ("console/main.js", "console/two.js"):
            self.assertEqual(self.out(name), b"")

    def test_what_the_first_screen_waits_for(self):
        self.build()
        first = [line.split()[0] for line in self.out().decode().splitlines() if line[-1] == "1"]
        self.assertEqual(first, ["console/main.js", "console/one.js", "console/two.js",
                                 "console/vendor.js"])

    def test_nothing_else_is_served(self):
        self.build()
        names = [line.split()[0] for line in self.out().decode().splitlines()]
        for name in ("package.json", "vendor.mjs", "notes.txt"):
            self.assertNotIn(name, names)

    def test_without_the_packages_there_is_no_console(self):
        self.build(vendor=b"")
        self.assertNotIn("console/", self.out().decode())
        self.assertEqual(self.out("style.css"), FILES["style.css"])

    def test_the_hash_is_of_every_byte(self):
        before = self.build()
        self.put("console/late.js", FILES["console/late.js"] + b" ")
        self.assertNotEqual(self.build(), before)
        self.put("console/late.js", FILES["console/late.js"])
        self.assertEqual(self.build(), before)

    def test_refused(self):
        self.put("console/one.js", b'import { x } from "./gone.js";\n')
        done = self.run_tool()
        self.assertEqual(done.returncode, 1)
        self.assertIn("no console/gone.js", done.stderr)
        self.put("console/one.js", b"")
        self.put('console/a"b.js', b"")
        self.assertIn("other characters", self.run_tool().stderr)


if __name__ == "__main__":
    unittest.main()
