#!/usr/bin/env python3
"""The run of the examples can fail: it finds each kind of fault in pages made for it."""
import pathlib
import sys
import tempfile
import unittest

import examples

HOLTERD, HOLTER = (pathlib.Path(argument).resolve() for argument in sys.argv[2:4])


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "docs").mkdir()
        (self.root / ".ci").mkdir()
        (self.root / ".ci" / "run").write_text("make test\n")

    def faults(self, *pages):
        (self.root / "README.md").write_text(pages[0])
        for number, page in enumerate(pages[1:]):
            (self.root / "docs" / f"{number}.md").write_text(page)
        return examples.faults(self.root, HOLTERD, HOLTER)[0]

    def block(self, language, content):
        return f"# Page\n\n```{language}\n{content}```\n"

    def test_good_examples_are_good(self):
        session = "sessions:\n- name: a\n  spec:\n    url: wss://feed.example.org/\n"
        secret = "    headers: [{name: Authorization, value: '${secret:a/b}'}]\n"
        commands = "build/holterd --store=memory &\nbuild/holter create a ws://127.0.0.1:1/  # one\nbuild/holter watch\nmake test\n"
        self.assertEqual(
            self.faults(self.block("yaml", session + secret), self.block("sh", commands),
                        self.block("sh", "build/holter ping wss://example.org/feed\n"), self.block("yaml", "store: memory\n"),
                        self.block("text", "anything\n")), [])

    def test_a_misspelt_field_is_found(self):
        found = self.faults("", self.block("yaml", "sessions:\n- name: a\n  spec: {ulr: ws://h/}\n"))
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0], r"docs/0.md:3: .*sessions\[0\].spec.ulr")

    def test_a_value_that_the_server_refuses_is_found(self):
        found = self.faults(self.block("yaml", "sessions:\n- name: a\n  spec: {url: 'http://h/'}\n"))
        self.assertRegex(found[0], r"README.md:3: .*spec.url")

    def test_a_wrong_key_of_the_configuration_is_found(self):
        self.assertIn("conect-rate", self.faults(self.block("yaml", "conect-rate: 1\n"))[0])

    def test_a_command_that_fails_is_found(self):
        self.assertIn("--no-such-flag", self.faults(self.block("sh", "build/holter list --no-such-flag\n"))[0])

    def test_an_endless_command_that_fails_is_found(self):
        self.assertIn("exits with", self.faults(self.block("sh", "build/holter ping --no-such-flag ws://h/\n"))[0])

    def test_a_daemon_that_does_not_start_is_found(self):
        self.assertIn("ends", self.faults(self.block("sh", "build/holterd --no-such-flag &\n"))[0])

    def test_a_target_that_ci_does_not_make_is_found(self):
        self.assertIn("make tset", self.faults(self.block("sh", "make tset\n"))[0])

    def test_code_that_no_example_has_is_found(self):
        folder = self.root / "examples" / "cpp"
        folder.mkdir(parents=True)
        (folder / "a.cc").write_text("int main() {\n  Apply(1);\n\n  Apply(2);\n}\n")
        self.assertEqual(self.faults(self.block("cpp", "Apply(1);\nApply(2);\n")), [])
        for other in ("Apply(3);\n", "Apply(2);\nApply(1);\n", "\n"):
            self.assertIn("stands in no program", self.faults(self.block("cpp", other))[0])

    def test_blocks_that_do_not_say_what_they_are_are_found(self):
        self.assertIn("a block of \"\"", self.faults(self.block("", "x\n"))[0])
        self.assertIn("a block of \"bash\"", self.faults(self.block("bash", "x\n"))[0])
        self.assertIn("indented", self.faults("# Page\n\n    make run\n")[0])
        self.assertEqual(self.faults("- a list\n\n      with a paragraph\n"), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
