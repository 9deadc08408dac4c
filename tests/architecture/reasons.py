#!/usr/bin/env python3
"""Compares the ErrorInfo reasons in the sources of the server to those that docs/errors.md explains.

Usage: reasons.py ROOT
"""
import pathlib
import re
import sys

# The second argument of MakeError, wherever a formatter has put it.
MADE = re.compile(r'MakeError\(\s*[^,"]*,\s*"([^"]*)"')
# Reasons that reach MakeError by another way look like this.
LOOKS_LIKE_ONE = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
COMMENT = re.compile(r"//[^\n]*")
EXPLAINED = re.compile(r"^\| `([A-Z0-9_]+)` \|(?! `?(?:BadRequest|ResourceInfo|QuotaFailure|PreconditionFailure))", re.MULTILINE)
FORM = re.compile(r"[A-Z][A-Z0-9_]*[A-Z0-9]")


def reasons_of(root):
    """Reason to one file that uses it."""
    found = {}
    for path in sorted((root / "server").rglob("*.cc")):
        text = COMMENT.sub("", path.read_text())
        for reason in MADE.findall(text) + LOOKS_LIKE_ONE.findall(text):
            found.setdefault(reason, path.relative_to(root))
    return found


def faults(root):
    used = reasons_of(root)
    explained = set(EXPLAINED.findall((root / "docs" / "errors.md").read_text()))
    return (
        [f"{path}: the reason {reason} is not in docs/errors.md" for reason, path in used.items() if reason not in explained]
        + [f"{path}: the reason {reason} is not UPPER_SNAKE_CASE" for reason, path in used.items() if not FORM.fullmatch(reason)]
        + [f"docs/errors.md: no source uses the reason {reason}" for reason in sorted(explained - set(used))]
    )


def main():
    found = faults(pathlib.Path(sys.argv[1]))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
