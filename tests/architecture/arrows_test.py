#!/usr/bin/env python3
"""The arrow check can fail: it finds each kind of violation in a tree made for it."""
import pathlib
import tempfile
import unittest

import arrows


class ArrowsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for room in ("base", "core", "engine", "rpc", "store"):
            (self.root / "server" / room).mkdir(parents=True)
        (self.root / "client" / "lib").mkdir(parents=True)

    def tearDown(self):
        self.folder.cleanup()

    def check(self, path, text):
        (self.root / path).write_text(text)
        return arrows.violations(self.root)

    def test_downwards_is_allowed(self):
        self.assertEqual(self.check("server/engine/a.cc", '#include "core/x.h"\n#include <vector>\n'), [])

    def test_upwards_is_found(self):
        self.assertIn("must not include server/engine", self.check("server/core/a.h", '#include "engine/x.h"\n')[0])

    def test_sideways_is_found(self):
        self.assertIn("must not include server/store", self.check("server/engine/a.cc", '#include "store/x.h"\n')[0])

    def test_proto_in_core_is_found(self):
        found = self.check("server/core/a.cc", '#include "holter/v1/session.pb.h"\n')
        self.assertIn("must not include proto", found[0])

    def test_sockets_in_core_are_found(self):
        self.assertIn("belongs to", self.check("server/core/a.cc", "#include <boost/asio/io_context.hpp>\n")[0])

    def test_server_in_client_library_is_found(self):
        self.assertIn("must not include server/base", self.check("client/lib/a.cc", '#include "base/error.h"\n')[0])

    def test_beast_in_too_many_sources_is_found_also_through_a_header(self):
        (self.root / "server" / "transport").mkdir()
        self.check("server/transport/stream.h", "#include <boost/beast/websocket.hpp>\n")
        for name in "abc":
            self.assertEqual(self.check(f"server/transport/{name}.cc", '#include "transport/stream.h"\n'), [])
        found = self.check("server/transport/d.cc", '#include "transport/stream.h"\n')
        self.assertIn("Beast is compiled in 4 files", found[0])

    def test_unknown_room_is_found(self):
        (self.root / "server" / "misc").mkdir()
        self.assertIn("not a room", self.check("server/misc/a.cc", "")[0])


if __name__ == "__main__":
    unittest.main()
