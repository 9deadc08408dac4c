#!/usr/bin/env python3
"""Runs the examples of README.md and docs/ against a real holterd.

  ```sh    each line is run, in order, from a copy of the tree's root. What goes on for ever (`holter watch`, `holter ping`) is
           interrupted once it has said something; `&` is waited for until it serves. `make X` has to be a step of .ci/run.
           Hosts of example.org and the like are played by the demo's peer.
  ```yaml  with `sessions:`, is applied, and what `holter list -o yaml` then prints is applied again and changes nothing; without,
           it is a configuration of holterd and is checked; or, if it begins with a field of a spec, a session with that spec.
  ```cpp   stands line by line in a program of examples/cpp, which the tests build and run.
  ```text  is only shown. Every other block is a fault: what is not run has to say so.

Usage: examples.py ROOT HOLTERD HOLTER
"""
import os
import pathlib
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 20  # seconds; every wait ends as soon as it may
SPEC = re.compile(r"\A(?:preset|parameters|signatures|subprotocols|protocol_heartbeat|open|decode|capture|beats|answers|watchdogs|ends):")
FENCE = re.compile(r"^```(\S*)\s*$")
EXAMPLE_HOST = re.compile(r"wss?://(?:[\w-]+\.)*example\.(?:org|com|net)[^\s'\"]*")
SECRET = re.compile(r"\$\{secret:([\w.-]+)/([\w.-]+)\}|_secret: ([\w.-]+)/([\w.-]+)")


class Fault(Exception):
    pass


def blocks_of(text):
    """(line, language, content) of each block; language None: indented."""
    language, content, start = None, [], 0
    fenced, previous_blank, in_list, indented = False, True, False, []
    for number, line in enumerate(text.splitlines() + [""], 1):
        fence = FENCE.match(line)
        if fenced:
            if fence:
                yield start, language, "\n".join(content) + "\n"
                fenced = False
            else:
                content.append(line)
            continue
        if fence:
            fenced, language, content, start = True, fence.group(1), [], number
            continue
        in_list = bool(re.match(r"\s*(?:[-*]|\d+\.) ", line)) or (in_list and (line.startswith(" ") or not line))
        if line.startswith("    ") and not in_list and (previous_blank or indented):
            indented.append(number)
        elif indented and line:
            yield indented[0], None, ""
            indented = []
        previous_blank = not line
    if fenced:
        yield start, "", ""
    if indented:
        yield indented[0], None, ""


def await_that(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise Fault(f"{what}: nothing within {PATIENCE} s")
        time.sleep(0.02)


def loopback_address():
    """An address of 127/8 that nobody listens on, so that examples may keep their default ports."""
    while True:
        address = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
        try:
            for port in (7600, 7601):
                with socket.socket() as probe:
                    probe.bind((address, port))
            return address
        except OSError:
            continue


class World:
    """A scratch folder that looks like the root of the tree, a peer, and programs that end with it."""

    def __init__(self, root, holterd, holter):
        self.root, self.holterd, self.holter = root, holterd, holter
        self.children = []

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="holter-examples-")
        self.scratch = pathlib.Path(self.folder.name)
        for entry in self.root.iterdir():
            if entry.name != "build":
                (self.scratch / entry.name).symlink_to(entry)
        (self.scratch / "build").mkdir()
        (self.scratch / "build" / "holterd").symlink_to(self.holterd)
        (self.scratch / "build" / "holter").symlink_to(self.holter)
        self.address = loopback_address()
        self.server = f"{self.address}:7600"
        self.environment = os.environ | {
            "HOLTER_GRPC_LISTEN": self.server, "HOLTER_SERVER": self.server, "HOLTER_HTTP_LISTEN": f"{self.address}:7601",
            "HOLTER_SECRETS_DIR": str(self.scratch / "example-secrets")}
        peer = self.start(["/usr/bin/python3", str(pathlib.Path(__file__).parents[2] / "tools" / "demo_peer.py")])
        await_that(lambda: "PORT=" in self.output_of(peer), "the peer")
        self.peer = "127.0.0.1:" + self.output_of(peer).strip().removeprefix("PORT=")
        return self

    def __exit__(self, *_):
        self.end_children()
        self.folder.cleanup()

    def start(self, argv):
        with open(self.scratch / f"output-{len(self.children)}", "wb") as output:
            child = subprocess.Popen(argv, cwd=self.scratch, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=subprocess.STDOUT)
        child.output_path = output.name
        self.children.append(child)
        return child

    @staticmethod
    def output_of(child):
        return pathlib.Path(child.output_path).read_text(errors="replace")

    def end_children(self, keep=0):
        for child in reversed(self.children[keep:]):
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        del self.children[keep:]

    def run(self, argv, text=""):
        done = subprocess.run(argv, cwd=self.scratch, env=self.environment, input=text, text=True, timeout=PATIENCE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise Fault(f"`{shlex.join(map(str, argv))}` exits with {done.returncode}: {done.stdout.strip()}")
        return done.stdout

    def serving(self):
        with socket.socket() as probe:
            return probe.connect_ex((self.address, 7600)) == 0

    def start_holterd(self, argv):
        child = self.start(argv)
        await_that(lambda: self.serving() or child.poll() is not None, shlex.join(argv))
        if child.poll() is not None:
            raise Fault(f"`{shlex.join(argv)}` ends: {self.output_of(child)}")


def run_until_it_speaks(world, argv):
    child = world.start(argv)
    await_that(lambda: world.output_of(child) or child.poll() is not None, shlex.join(argv))
    child.send_signal(signal.SIGINT)
    if child.wait(PATIENCE) != 0:
        raise Fault(f"`{shlex.join(argv)}` exits with {child.returncode}: {world.output_of(child).strip()}")


def goes_on_for_ever(argv):
    endless = len(argv) > 1 and pathlib.Path(argv[0]).name == "holter" and argv[1] in ("watch", "ping")
    return endless and not any(word.split("=")[0] in ("--count", "--for") for word in argv)


def run_line(world, line):
    line = EXAMPLE_HOST.sub(f"ws://{world.peer}/healthy", line).replace("127.0.0.1:760", f"{world.address}:760")
    argv = shlex.split(line, comments=True)
    if not argv:
        return
    if argv[0] == "make":
        if not re.search(rf"^make {re.escape(argv[1])}\b", (world.root / ".ci" / "run").read_text(), re.MULTILINE):
            raise Fault(f"`make {argv[1]}` is no step of .ci/run")
    elif argv[-1] == "&":
        world.start_holterd(argv[:-1])
    elif goes_on_for_ever(argv):
        run_until_it_speaks(world, argv)
    else:
        world.run(["bash", "-c", line])


def run_shell(world, content):
    before = len(world.children)
    try:
        for line in content.replace("\\\n", " ").splitlines():
            run_line(world, line)
    finally:
        world.end_children(keep=before)


def apply_sessions(world, content):
    before = len(world.children)
    for name, key, other_name, other_key in SECRET.findall(content):
        secret = world.scratch / "example-secrets" / (name or other_name) / (key or other_key)
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text("example")
    world.start_holterd(["build/holterd", "--store=memory"])
    try:
        created = world.run(["build/holter", "apply", "-f", "-"], content).splitlines()
        if not created or not all(line.endswith(" created") for line in created):
            raise Fault(f"not created: {created}")
        listed = world.run(["build/holter", "list", "--tenant", "-", "-o", "yaml"])
        again = world.run(["build/holter", "apply", "-f", "-"], listed).splitlines()
        if len(again) != len(created) or not all(line.endswith(" unchanged") for line in again):
            raise Fault(f"what is listed is not what was applied: {again}")
    finally:
        world.end_children(keep=before)


def session_of(spec):
    """A file with one session; one that names no peer gets one."""
    fields = spec if re.search(r"^url:", spec, re.MULTILINE) else "url: ws://peer.example.org/\n" + spec
    return "sessions:\n- name: tenants/default/sessions/example\n  spec:\n" + re.sub(r"^", "    ", fields, flags=re.MULTILINE)


def check_configuration(world, content):
    path = world.scratch / "example-configuration.yaml"
    path.write_text(content)
    world.run(["build/holterd", "--check-config", "--config", str(path)])


def without_indent(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def find_in_examples(root, content):
    wanted = without_indent(content)
    for example in (root / "examples" / "cpp").glob("*.cc"):
        lines = without_indent(example.read_text())
        if wanted and any(lines[i:i + len(wanted)] == wanted for i in range(len(lines))):
            return
    raise Fault("stands in no program of examples/cpp")


def judge(world, language, content):
    if language == "sh":
        run_shell(world, content)
    elif language == "yaml" and re.search(r"^sessions:", content, re.MULTILINE):
        apply_sessions(world, content)
    elif language == "yaml" and SPEC.match(content):
        apply_sessions(world, session_of(content))
    elif language == "yaml":
        check_configuration(world, content)
    elif language == "cpp":
        find_in_examples(world.root, content)
    elif language is None:
        raise Fault("an indented block: fence it as sh, yaml or text")
    elif language != "text":
        raise Fault(f"a block of \"{language}\": sh and yaml are run, cpp stands in examples/cpp, what is only shown is text")


def pages_of(root):
    return [root / "README.md"] + sorted((root / "docs").rglob("*.md"))


def faults(root, holterd, holter):
    """The faults, and how many blocks were run."""
    found, ran = [], 0
    with World(root, holterd, holter) as world:
        for page in pages_of(root):
            for line, language, content in blocks_of(page.read_text()):
                ran += language in ("sh", "yaml", "cpp")
                try:
                    judge(world, language, content)
                except (Fault, subprocess.TimeoutExpired, ValueError, OSError) as fault:
                    found.append(f"{page.relative_to(root)}:{line}: {fault}")
    return found, ran


def main():
    root, holterd, holter = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    found, ran = faults(root, holterd, holter)
    print("\n".join(found) if found else f"{ran} examples run")
    return 1 if found or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
