import os

import gate

# What only a build for tests may have: source, and what names it in the object.
PARTS = {"clock.c": b"SALURAN_CLOCK_FILE", "fault.c": b"SALURAN_FAULT_FILE"}


class Faults(gate.GateTest):
    def object_of(self, name, own):
        flags, folder = gate.build_flags()
        flags = [f for f in flags if "SALURAN_FAULTS" not in f and "sanitize" not in f]
        out = os.path.join(self.tree, "a.o")
        self.accepts(["gcc", *flags, *own, "-Wno-error", "-c", "-o", out,
                      os.path.join(gate.SOURCE, "src", "base", name)], cwd=folder)
        with open(out, "rb") as f:
            return f.read()

    def test_a_build_for_use_has_none_of_it(self):
        for name, word in PARTS.items():
            with self.subTest(name=name):
                self.assertNotIn(word, self.object_of(name, []))
                self.assertIn(word, self.object_of(name, ["-DSALURAN_FAULTS"]))

    def test_it_is_off_unless_asked_for(self):
        with open(os.path.join(gate.SOURCE, "meson_options.txt"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r"option\('faults', type: 'boolean', value: false")


gate.main()
