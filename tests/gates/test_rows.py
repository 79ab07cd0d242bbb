import gate

LISTS = "".join(f"{name} = [\n{{{name}}}]\n" for name in [
    "unit_tests", "contract_tests", "python_tests", "gate_tests", "e2e_tests"])


class Rows(gate.GateTest):
    def check(self):
        return [self.tool("check_rows.py"), self.tree]

    def lists(self, **rows):
        empty = dict.fromkeys(
            ["unit_tests", "contract_tests", "python_tests", "gate_tests", "e2e_tests"], "")
        self.put("tests/meson.build", LISTS.format(**{**empty, **rows}))

    def test_good(self):
        self.put("tests/unit/test_a.c", "")
        self.put("tests/e2e/test_b.py", "")
        self.put("src/core/c.c", "")
        self.put("src/core/meson.build", "core_src = files(\n  'c.c',\n)\n")
        self.lists(unit_tests="  ['a', base],\n", e2e_tests="  ['b', 10],\n")
        self.accepts(self.check())

    def test_lacking(self):
        for path in ["tests/unit/test_a.c", "tests/contract/test_a.c", "tests/e2e/test_a.py",
                     "tests/unit/test_a.py", "tests/gates/test_a.py"]:
            with self.subTest(path=path):
                self.put(path, "")
                self.lists()
                self.rejects(self.check(), "lacks a row for a")

    def test_commented_out(self):
        self.put("tests/unit/test_a.c", "")
        self.lists(unit_tests="  # ['a', base],\n")
        self.rejects(self.check(), "lacks a row for a")

    def test_source_not_built(self):
        self.put("src/core/c.c", "")
        self.put("src/core/meson.build", "core_src = files(\n  'abc.c',\n)\n")
        self.rejects(self.check(), "does not build src/core/c.c")

    def test_of_an_unknown_kind(self):
        self.put("tests/sim/test_a.c", "")
        self.rejects(self.check(), "no list of tests takes it")

    def test_fuzzer(self):
        self.put("fuzz/fuzz_a.c", "")
        self.put("fuzz/meson.build", "fuzzers = [\n  ['b', base],\n]\n")
        self.rejects(self.check(), "fuzzers lacks a row for a")


gate.main()
