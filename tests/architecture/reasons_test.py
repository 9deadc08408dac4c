#!/usr/bin/env python3
"""The check of error reasons can fail: it finds each kind of fault in a tree made for it."""
import pathlib
import tempfile
import unittest

import reasons


class ReasonsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "server" / "rpc").mkdir(parents=True)
        (self.root / "docs").mkdir()

    def tearDown(self):
        self.folder.cleanup()

    def faults(self, source, table):
        (self.root / "server" / "rpc" / "a.cc").write_text(source)
        (self.root / "docs" / "errors.md").write_text(table)
        return reasons.faults(self.root)

    def test_an_explained_reason_is_good(self):
        source = 'return MakeError(\n    absl::StatusCode::kNotFound, "SESSION_NOT_FOUND",\n    "none");'
        self.assertEqual(self.faults(source, "| `SESSION_NOT_FOUND` | `NOT_FOUND` | gone |\n"), [])

    def test_an_unexplained_reason_is_found(self):
        self.assertIn("INTERNAL is not in", self.faults('MakeError(code, "INTERNAL", "x")', "")[0])

    def test_a_reason_that_is_handed_on_is_found(self):
        self.assertIn("STORE_FULL is not in", self.faults('constexpr auto kFull = "STORE_FULL";', "")[0])

    def test_a_reason_of_another_form_is_found(self):
        self.assertIn("UPPER_SNAKE_CASE", self.faults('MakeError(code, "Oops", "x")', "| `Oops` | x |\n")[-1])

    def test_a_stale_line_is_found(self):
        self.assertIn("no source uses the reason OLD_ONE", self.faults("", "| `OLD_ONE` | x |\n")[0])

    def test_comments_do_not_count(self):
        self.assertEqual(self.faults('// "NOT_A_REASON"\n', ""), [])

    def test_the_table_of_codes_is_no_table_of_reasons(self):
        self.assertEqual(self.faults("", "| `INVALID_ARGUMENT` | `BadRequest`: x |\n"), [])


if __name__ == "__main__":
    unittest.main()
