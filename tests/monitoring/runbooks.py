"""What the runbooks tell to run: the lines of their `text` blocks, commands of `holter` and, in blocks that begin with "# PromQL", queries."""

import re

BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines_of(folder):
    """(page, is a query, line) of each."""
    for page in sorted(folder.glob("*.md")):
        for block in BLOCK.findall(page.read_text()):
            queries = block.startswith("# PromQL")
            for line in block.splitlines():
                if line and not line.startswith("# PromQL"):
                    yield page.name, queries, line


def filled_in(line, **places):
    for place, value in places.items():
        line = re.sub(rf"\b{place}\b", value, line)
    return line
