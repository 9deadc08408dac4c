#!/usr/bin/env python3
"""Measures the control plane beside a bare gRPC echo and SQLite's own commits, and prints the table of docs/performance.md.

Creates, batches and sets are of paused sessions and go to the store on disk; watchers are measured with sessions that are
connected to the peer, most of them asked for a new connection meanwhile.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from bench import ADDRESSES, BenchError, Peer, declare, holterd, resident_kib, running

SESSIONS = 20_000
SECONDS = 5
WATCHED = 5_000
WATCHERS = 100
PRESET = "bybit-linear"


def load(build, *arguments, timeout=180):
    done = subprocess.run([str(build / "bench/control_load"), *map(str, arguments)], check=True, capture_output=True, text=True, timeout=timeout)
    return json.loads(done.stdout)


@contextlib.contextmanager
def durable(build, folder):
    """A daemon with its store on disk."""
    with holterd(build, folder, store=[f"--data-dir={tempfile.mkdtemp(dir=folder)}"]) as daemon:
        yield daemon


def measure(build, folder):
    results = {}
    with running([build / "bench/control_load", "echo"], stdout=subprocess.PIPE, text=True) as echo:
        address = json.loads(echo.stdout.readline())["address"]
        results["echo"] = load(build, "creates", address, SECONDS)
    results["commits"] = load(build, "commits", folder, SECONDS)
    with durable(build, folder) as daemon:
        results["creates"] = load(build, "creates", daemon.grpc, SECONDS)
    with durable(build, folder) as daemon:
        results["preset_creates"] = load(build, "creates", daemon.grpc, SECONDS, PRESET)
    with durable(build, folder) as daemon:
        results["batches"] = load(build, "batches", daemon.grpc, SESSIONS)
        results["list"] = load(build, "list", daemon.grpc)
    with durable(build, folder) as daemon:
        results["apply"] = load(build, "apply", daemon.grpc, SESSIONS)
    return results


def measure_watch(build, folder, peer):
    """WATCHED sessions get a new connection over 15 s, three transitions each and so 1,000 a second, before the eyes of WATCHERS."""
    with holterd(build, folder) as daemon:
        declare(build, folder, daemon, peer, WATCHED, "protocol_heartbeat: {interval: 20s, timeout: 20s}")
        time.sleep(3)
        before = resident_kib(daemon.pid)
        most = [before]
        ended = threading.Event()

        def follow():
            while not ended.wait(0.2):
                most[0] = max(most[0], resident_kib(daemon.pid))

        follower = threading.Thread(target=follow)
        follower.start()
        watching = threading.Thread(target=lambda: results.update(load(build, "watch", daemon.grpc, WATCHERS, 25)))
        results = {}
        watching.start()
        time.sleep(5)  # for the snapshots
        load(build, "reconnect", daemon.grpc, 15)
        watching.join()
        ended.set()
        follower.join()
        return {**results, "grown_mib": (most[0] - before) / 1024}


def rows(r):
    ratio = r["creates"]["per_second"] / r["echo"]["per_second"]
    return [
        ("durable creates from 32 clients", "a third of the echo's rate", f"{r['creates']['per_second']:,.0f}/s, echo {r['echo']['per_second']:,.0f}/s: {ratio:.2f}; SQLite alone, one row a commit: {r['commits']['per_second']:,.0f}/s", ratio >= 1 / 3),
        (f"the same, each with `preset: {PRESET}`", "", f"{r['preset_creates']['per_second']:,.0f}/s", True),
        ("20,000 sessions by batches of 100, 4 clients", "4 s", f"{r['batches']['seconds']:.1f} s", r["batches"]["seconds"] <= 4),
        ("20,000 sessions by ApplySessions, all new", "", f"{r['apply']['created_seconds']:.1f} s", True),
        ("the same set again, unchanged", "1 s", f"{r['apply']['unchanged_seconds']:.2f} s", r["apply"]["unchanged_seconds"] <= 1),
        ("20,000 listed, 1,000 a page", "", f"{r['list']['seconds']:.2f} s", r["list"]["sessions"] == SESSIONS),
        (f"age of a transition at {WATCHERS} watchers, p99", "50 ms", f"{r['watch']['p99_ms']:.0f} ms (p50 {r['watch']['p50_ms']:.1f}, slowest {r['watch']['max_ms']:.0f}), {r['watch']['changes_per_second']:,.0f} changes a second each, mean of all 25 s; one watcher that does not read", r["watch"]["p99_ms"] <= 50),
        ("memory that this took", "", f"{r['watch']['grown_mib']:.0f} MiB", True),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holter-bench-", dir=build))
    try:
        results = measure(build, folder)
        with running([build / "bench/bench_peer", ADDRESSES], stdout=subprocess.PIPE, text=True) as process:
            results["watch"] = measure_watch(build, folder, Peer(process))
    finally:
        shutil.rmtree(folder)
    table = rows(results)
    print("| what | bound | measured |\n|---|---|---|")
    for what, bound, measured, _ in table:
        print(f"| {what} | {bound} | {measured} |")
    missed = [what for what, _, _, held in table if not held]
    print(f"\n{'All targets reached.' if not missed else 'Missed: ' + '; '.join(missed) + '.'}")
    (build / "bench/control.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (BenchError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"bench: {error}")
