#!/usr/bin/env python3
"""Words that the daemon says stand in the pages that list them. Usage: words_test.py ROOT"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()


def text(path):
    return (ROOT / path).read_text()


def listed(path, part, end="\n\n"):
    """The words of the page in the paragraph or table, or up to another `end`, that has `part` in it."""
    return set(re.findall(r"`(\w+)`", next(each for each in text(path).split(end) if part in each)))


def said(pattern):
    """What the pattern's group finds in the daemon's sources."""
    return {word for path in sorted((ROOT / "server").rglob("*")) if path.suffix in (".h", ".cc")
            for word in re.findall(pattern, path.read_text())}


class WordsTest(unittest.TestCase):
    def test_what_is_read_again_is_listed(self):
        words = said(r'std::string_view what\(\) const override \{ return "(\w+)"') | said(r'\bOnReload\("(\w+)"')
        self.assertLessEqual({"access", "certificate", "policy"}, words)
        self.assertLessEqual(words, listed("docs/metrics.md", "| `holter_reloads_total`", end="\n"))
        self.assertLessEqual(words, listed("docs/operations.md", "| what | looked at |"))
        self.assertLessEqual(words, listed("docs/runbooks/HolterReloadFailed.md", "`what` is"))

    def test_why_it_takes_no_work_is_listed(self):
        words = said(r'\bunready_reason_(?: = |\{)"(\w+)"')
        self.assertIn("starting", words)
        self.assertEqual(set(re.findall(r"`not ready: (\w+)`", text("docs/metrics.md"))), words)
        comment = re.search(r"// Why Holter does not take work.*", text("server/observe/observe_server.h"))[0]
        self.assertEqual(set(re.findall(r'"(\w+)"', comment)), words)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
