#!/usr/bin/env python3
"""Starts a server that nobody here wrote, and sees to its end. Serves until its stdin is closed or SIGTERM comes.

Usage: peer.py NAME [PERIOD]     NAME is one of debian_servers.SERVERS or a file of servers/; PERIOD of its heartbeat, in seconds

Prints one line when it is ready, {"url": "ws://…", "group": N}: all processes of the server are in the process group N, which a test may stop and
continue (SIGSTOP, SIGCONT).
"""

import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

import debian_servers

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60  # seconds, for the slowest of them on a busy machine


class Server:
    """The processes of one server, in a process group of their own."""

    def __init__(self, folder, name, period):
        self._folder, self._processes = folder, []
        script = HERE / "servers" / f"{name}.js"
        if script.exists():
            recipe = debian_servers.Recipe(["node", script, str(round(period * 1000))], find_url=self._said)
        else:
            recipe = debian_servers.SERVERS[name](folder, period)
        for argv in [*recipe.companions, recipe.argv]:
            self._start(argv, recipe.environment)
        self.group = self._processes[0].pid
        self.url = self._await_ready(recipe)

    def _start(self, argv, environment):
        # The first leads the group. The kernel ends what it started when this program ends, whatever ends it.
        group = {"process_group": self._processes[0].pid if self._processes else 0}
        with open(self._folder / "output", "ab") as output:
            self._processes.append(subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, argv)], stdin=subprocess.PIPE, stdout=output,
                                                    stderr=output, cwd=self._folder, env=os.environ | {"TMPDIR": str(self._folder)} | environment, **group))

    def _said(self):
        lines = (self._folder / "output").read_text(errors="replace").splitlines(keepends=True)
        return next((json.loads(line)["url"] for line in lines if line.startswith('{"url"') and line.endswith("\n")), "")

    def _await_ready(self, recipe):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.ended():
                break
            if recipe.find_url and (url := recipe.find_url()):
                return url
            if recipe.port and accepts(recipe.port):
                return recipe.url
            time.sleep(0.02)
        self.stop()
        raise SystemExit(f"{recipe.argv[0]} does not serve: {self.last_words()}")

    def last_words(self):
        return (self._folder / "output").read_text(errors="replace")[-2000:]

    def ended(self):
        return any(process.poll() is not None for process in self._processes)

    def stop(self):
        """None of them has anything to lose."""
        try:
            os.killpg(self._processes[0].pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        for process in self._processes:
            process.wait()


def accepts(port):
    try:
        socket.create_connection((debian_servers.HOST, port), 1).close()
        return True
    except OSError:
        return False


def main():
    name, period = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="holter-peer-", ignore_cleanup_errors=True) as folder:
        server = Server(pathlib.Path(folder), name, period)
        try:
            print(json.dumps({"url": server.url, "group": server.group}), flush=True)
            while not server.ended():
                if select.select([sys.stdin], [], [], 0.2)[0] and not sys.stdin.read(1):
                    return
            sys.exit(f"{name} ended: {server.last_words()}")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
