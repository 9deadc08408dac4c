#!/usr/bin/env python3
"""What the compile stage of the Dockerfile gets of the source is enough: it configures there, and no file is missing.

Usage: context_test.py ROOT
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def copy_context(root, folder):
    """As .dockerignore says: nothing but what is named with an exclamation mark, and of that what is not left out again."""
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*", "the list of what the image is made of begins with nothing"
    left_out = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    for line in lines[1:]:
        if not line.startswith("!"):
            continue
        source, copy = root / line[1:], folder / line[1:]
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copy(source, copy)


def configure_line(root):
    """The options that the Dockerfile configures with."""
    text = (root / "deploy/docker/Dockerfile").read_text()
    return re.search(r"^RUN (cmake --preset .*?) \\$", text, re.MULTILINE).group(1).split()


def main():
    root = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "src"
        copy_context(root, folder)
        subprocess.run(configure_line(root), cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", folder / "build", "-n", "holterd", "holter"], check=True, stdout=subprocess.DEVNULL)
        inputs = subprocess.run(["ninja", "-C", folder / "build", "-t", "inputs", "holterd"], check=True, capture_output=True,
                                text=True).stdout.splitlines()
        presets = {pathlib.Path(each).name for each in inputs if "/presets/" in each}
        wanted = {each.name for each in (root / "presets").glob("*.yaml")}
        assert presets == wanted and wanted, f"presets that the image would not have: {wanted - presets}"
        for script in (folder / "build").rglob("cmake_install.cmake"):
            for path in re.findall(rf'"({re.escape(str(folder))}/(?!build/)[^"$]+)"', script.read_text()):
                assert pathlib.Path(path).exists(), f"{path} is to be installed and is not there"


if __name__ == "__main__":
    main()
