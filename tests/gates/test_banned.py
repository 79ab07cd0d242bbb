import json
import os
import re

import gate

USES = {
    "strcpy": "char b[2]; strcpy(b, \"\");", "strcat": "char b[2] = \"\"; strcat(b, \"\");",
    "sprintf": "char b[9]; sprintf(b, \"%d\", 1);", "strtok": "(void)strtok(0, \"\");",
    "strncpy": "char b[2]; strncpy(b, \"\", 2);", "atoi": "(void)atoi(\"1\");",
    "atol": "(void)atol(\"1\");", "gmtime": "time_t t = 0; (void)gmtime(&t);",
    "sscanf": "int v; (void)sscanf(\"1\", \"%d\", &v);", "system": "(void)system(\"ls\");",
    "alloca": "(void)alloca(3);", "rand": "(void)rand();",
}


class Banned(gate.GateTest):
    def test_each_name_with_both_compilers(self):
        flags, folder = gate.build_flags()
        for compiler in gate.COMPILERS:
            good = self.put("good.c", gate.sample("good"))
            self.accepts([compiler, *flags, "-fsyntax-only", good], cwd=folder)
            for name, use in USES.items():
                with self.subTest(compiler=compiler, name=name):
                    bad = self.put("bad.c", "#include <string.h>\nint\nmain(void)\n{\n\t"
                                   + use + "\n\treturn 0;\n}\n")
                    self.rejects([compiler, *flags, "-fsyntax-only", bad],
                                 f'poisoned( identifier| "{name}")', cwd=folder)

    def test_the_list_is_tested(self):
        """A name that is poisoned without a reason to be tested would rot."""
        with open(os.path.join(gate.SOURCE, "src/base/banned.h"), encoding="utf-8") as f:
            poisoned = set(" ".join(re.findall(r"#pragma GCC poison (.*)", f.read())).split())
        self.assertLessEqual(set(USES), poisoned)
        self.assertLessEqual({"gets", "vsprintf", "atoll", "popen"}, poisoned)

    def test_a_target_that_slipped_out(self):
        entry = {"directory": self.tree, "file": "a.c", "command": "cc -c a.c"}
        good = {**entry, "command": "cc -include /x/src/base/banned.h -c a.c"}
        self.put("compile_commands.json", json.dumps([good]))
        self.accepts([self.tool("check_banned.py"), self.tree])
        self.put("compile_commands.json", json.dumps([good, entry]))
        self.rejects([self.tool("check_banned.py"), self.tree], "compiled without")
        self.put("compile_commands.json", "[]")
        self.rejects([self.tool("check_banned.py"), self.tree], "no file to look at")


gate.main()
