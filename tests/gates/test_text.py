import gate

# Written in pieces, so that this file passes the gate that it tests.
MACHINE = "/" + "work/" + "x"
LATER = "TO" + "DO"


class Text(gate.GateTest):
    def check(self):
        return [self.tool("check_text.py"), self.tree]

    def test_good(self):
        self.put("a.c", f"/* {LATER} (#12): more; https://example.org/work/x */\n")
        self.put("docs/a.md", "Put it in /etc/saluran or /var/lib/saluran; ~/.config too.\n")
        self.put("web/package-lock.json",
                 '"resolved": "https://registry.npmjs.org/x/-/x-1.tgz"\n')
        self.put("src/a.c", "\n" * 699)
        self.accepts(self.check())

    def test_bad(self):
        for text, says in [
                (f"see {MACHINE}\n", "a path of one machine"),
                ("x = '/" + "root/.cache/x'\n", "a path of one machine"),
                ("x = '/" + "home/anna/x'\n", "a path of one machine"),
                (f"/* {LATER}: more */\n", "without an issue number"),
                (f"# {LATER}\n", "without an issue number"),
                ("# FIX" + "ME later\n", "without an issue number"),
                ("a\n" + "<" * 7 + " HEAD\n", "leftover of a merge"),
                ("\n" * 700, "700 lines")]:
            with self.subTest(says=says, text=text[:40]):
                self.put("src/a.c", text)
                self.rejects(self.check(), says)

    def test_package_from_elsewhere(self):
        self.put("web/package-lock.json", '"resolved": "https://mirror.example/x.tgz"\n')
        self.rejects(self.check(), "a package from elsewhere")

    def test_empty(self):
        self.rejects(self.check(), "no file to look at")


gate.main()
