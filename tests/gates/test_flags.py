import glob
import os

import gate

CLASSES = sorted(os.path.basename(p)[len("warn_"):-len(".c.txt")] for p in glob.glob(
    os.path.join(gate.SOURCE, "tests/gates/samples/warn_*.c.txt")))

# The class under which a compiler reports the sample, where it has another name.
REPORTED = {
    ("gcc", "sign-conversion"): "sign-conversion|conversion",
    ("clang", "conversion"): "shorten-64-to-32|conversion",
    ("clang", "pedantic"): "gnu-statement-expression",
}

# Sample: what finds it, and what it then says.
SANITIZERS = {
    "heap_overflow": ("address,undefined", "heap-buffer-overflow|insufficient space"),
    "leak": ("address,undefined", "detected memory leaks"),
    "undefined": ("address,undefined", "signed integer overflow"),
    "race": ("thread", "data race"),
}


class Flags(gate.GateTest):
    def test_each_warning_with_both_compilers(self):
        flags, folder = gate.build_flags()
        self.assertGreater(len(CLASSES), 10)
        self.assertIn("-Werror", flags)
        for compiler in gate.COMPILERS:
            if compiler == "clang":
                flags = [f for f in flags if "FORTIFY" not in f]  # see meson.build
            good = self.put("good.c", gate.sample("good"))
            self.accepts([compiler, *flags, "-fsyntax-only", good], cwd=folder)
            for name in CLASSES:
                with self.subTest(compiler=compiler, name=name):
                    bad = self.put("bad.c", gate.sample("warn_" + name))
                    says = REPORTED.get((compiler, name), name)
                    self.rejects([compiler, *flags, "-c", "-o", os.devnull, bad],
                                 f"-W(error=)?,?-?W?({says})", cwd=folder)

    def test_each_sanitizer(self):
        flags, folder = gate.build_flags()
        own = [f for f in flags if "sanitize" in f]
        flags = [f for f in flags if "sanitize" not in f and "FORTIFY" not in f]
        for name, (kind, says) in SANITIZERS.items():
            for compiler in gate.COMPILERS:
                with self.subTest(compiler=compiler, name=name):
                    sanitize = [f"-fsanitize={kind}", "-fno-sanitize-recover=all"]
                    if own and kind != "thread":
                        sanitize = own
                        if not any(k in f for f in own for k in kind.split(",")):
                            continue
                    exe = os.path.join(self.tree, "a.out")
                    bad = self.put("bad.c", gate.sample(name))
                    self.accepts([compiler, *flags, *sanitize, "-pthread", "-o", exe, bad],
                                 cwd=folder)
                    # Thread sanitizer maps its shadow where random addresses may be.
                    start = ["setarch", "-R"] if kind == "thread" else []
                    self.rejects([*start, exe, "1", "2", "3"], says)


gate.main()
