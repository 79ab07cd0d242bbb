import json
import os

import gate


class Analysers(gate.GateTest):
    def database(self, path):
        self.put("compile_commands.json", json.dumps([
            {"directory": self.tree, "file": path, "command": f"clang -std=c11 -c {path}"}]))

    def test_format(self):
        good = self.put("good.c", gate.sample("good"))
        bad = self.put("bad.c", gate.sample("format"))
        self.accepts([self.tool("check_format.sh"), good])
        self.rejects([self.tool("check_format.sh"), good, bad], "bad.c: not formatted")

    def test_format_without_files(self):
        self.put("tools/.clang-format", "")
        with open(self.tool("check_format.sh"), encoding="utf-8") as f:
            script = self.put("tools/check_format.sh", f.read())
        self.accepts(["git", "init", "-q", self.tree])
        self.rejects(["bash", script], "no file to look at")

    def test_cppcheck(self):
        good = self.put("good.c", gate.sample("good"))
        bad = self.put("bad.c", gate.sample("leak"))
        self.accepts([self.tool("check_cppcheck.sh"), good])
        self.rejects([self.tool("check_cppcheck.sh"), good, bad], "memleak")

    def test_cppcheck_without_files(self):
        self.rejects([self.tool("check_cppcheck.sh")], "usage")

    def test_tidy(self):
        with open(os.path.join(gate.SOURCE, ".clang-tidy"), encoding="utf-8") as f:
            self.put(".clang-tidy", f.read())
        good = self.put("good.c", gate.sample("good"))
        self.database(good)
        self.accepts([self.tool("check_tidy.sh"), self.tree])
        bad = self.put("bad.c", gate.sample("tidy"))
        self.database(bad)
        self.rejects([self.tool("check_tidy.sh"), self.tree], "clang-analyzer|bugprone")

    def test_tidy_without_files(self):
        self.put("compile_commands.json", "[]")
        self.rejects([self.tool("check_tidy.sh"), self.tree], "no file to look at")


gate.main()
