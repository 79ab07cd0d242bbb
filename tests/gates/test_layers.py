import gate


class Layers(gate.GateTest):
    def check(self):
        return [self.tool("check_layers.py"), self.tree]

    def test_good(self):
        self.put("src/base/a.h", "#include <stddef.h>\n")
        self.put("src/core/b.c", '#include "base/a.h"\n#include <jansson.h>\n')
        self.put("src/db/d.c", "#include <sqlite3.h>\n")
        self.put("src/http/h.c", '#include "service/s.h"\n#include <microhttpd.h>\n')
        self.put("src/service/s.h", '#include "store/made.h"\n#include "signer/g.h"\n')
        self.put("src/main/m.c", '#include "http/h.h"\n#include "db/d.h"\n')
        self.accepts(self.check())

    def test_each_forbidden_edge(self):
        for path, target in [
                ("base/a.c", "core/b.h"), ("core/a.c", "db/d.h"), ("core/a.c", "store/s.h"),
                ("db/a.c", "core/b.h"), ("signer/a.c", "store/s.h"),
                ("store/a.c", "service/s.h"), ("store/a.c", "signer/s.h"),
                ("service/a.c", "http/h.h"), ("service/a.c", "main/m.h"),
                ("http/a.c", "store/s.h"), ("http/a.c", "db/d.h"), ("http/a.c", "peer/p.h"),
                ("peer/a.c", "http/h.h"), ("rpz/a.c", "store/s.h"), ("cli/a.c", "db/d.h"),
                ("mail/a.c", "cli/c.h"), ("probe/a.c", "rpz/r.h"), ("cli/a.c", "main/m.h")]:
            with self.subTest(path=path, target=target):
                full = self.put("src/" + path, f'  #  include "{target}"\n')
                self.rejects(self.check(), "may not include")
                self.put(full, "")

    def test_each_library(self):
        for path, target in [
                ("store/a.c", "sqlite3.h"), ("core/a.c", "microhttpd.h"),
                ("http/a.c", "curl/curl.h"), ("http/a.c", "libknot/libknot.h"),
                ("base/a.c", "jansson.h"), ("store/a.c", "sodium.h"),
                ("rpz/a.c", "gnutls/gnutls.h"), ("service/a.c", "libpq-fe.h")]:
            for quotes in ["<>", '""']:
                with self.subTest(path=path, target=target, quotes=quotes):
                    full = self.put("src/" + path,
                                    f"#include {quotes[0]}{target}{quotes[1]}\n")
                    self.rejects(self.check(), "may")
                    self.put(full, "")

    def test_circle(self):
        self.put("src/core/a.h", '#include "core/b.h"\n')
        self.put("src/core/b.h", '#include "c.h"\n')
        self.put("src/core/c.h", '#include "core/a.h"\n')
        self.rejects(self.check(), "a circle: core/a.h -> core/b.h -> core/c.h -> core/a.h")

    def test_unknown_folder(self):
        self.put("src/util/a.c", "\n")
        self.rejects(self.check(), "no row")

    def test_unknown_include(self):
        self.put("src/core/a.c", '#include "util/a.h"\n')
        self.rejects(self.check(), "no folder")

    def test_empty(self):
        self.rejects(self.check(), "no file to look at")


gate.main()
