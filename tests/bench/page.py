#!/usr/bin/env python3
"""Measures how long the status page takes to answer at 19,500 sessions while Prometheus scrapes, and what the scrapes make of it.

All sessions are open and beat every 4 s. With --light nothing is dialled: the sessions are paused, so that the page alone is measured.
"""

import argparse
import http.client
import json
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import bench

MOST_PAGE_MS = 50
MOST_SCRAPE_MS = 300
ROUNDS = 20
PAGES = {
    "all sessions, the worst first": "/",
    "the slowest first": "/?sort=rtt",
    "by name": "/?sort=name",
    "a search in names, groups and hosts": "/?q=s-77",
    "those of a health, of a group": "/?health=healthy&group=bench",
    "a filter that matches none": "/?q=reason%20%3D%20dns",
    "one session": "/tenants/default/sessions/s-777",
}


def fetch(address, target):
    """Milliseconds from the request to the last byte."""
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.connect()
    begin = time.monotonic()
    connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    took = (time.monotonic() - begin) * 1e3
    connection.close()
    if answer.status != 200:
        raise bench.BenchError(f"{target} answered {answer.status}")
    return took


class Scraper(threading.Thread):
    """Scrapes once a second until it is stopped, as Prometheus would; its pages are not kept."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.took, self.stopped = address, [], threading.Event()

    def run(self):
        while not self.stopped.is_set():
            took = fetch(self.address, "/metrics")
            self.took.append(took)
            self.stopped.wait(max(0, 1 - took / 1e3))


def measure_pages(address):
    """Per page the answers' times, each taken while scrapes go on, and the times of these scrapes."""
    alone = Scraper(address)
    alone.start()
    time.sleep(8)
    alone.stopped.set()
    alone.join()
    scraper = Scraper(address)
    scraper.start()
    pages = {what: [] for what in PAGES}
    for _ in range(ROUNDS):
        for what, target in PAGES.items():
            pages[what].append(fetch(address, target))
            time.sleep(0.1)  # nobody looks faster; the scrapes fall anywhere between
    scraper.stopped.set()
    scraper.join()
    return {"pages": {what: sorted(took) for what, took in pages.items()}, "scrapes": sorted(scraper.took), "scrapes_alone": sorted(alone.took)}


def measure_light(build, folder):
    with bench.holterd(build, folder) as daemon:
        file = folder / "paused.yaml"
        with open(file, "w", encoding="utf-8") as out:
            out.write("sessions:\n")
            for i in range(bench.MANY):
                out.write(f"- name: tenants/default/sessions/s-{i}\n  group: bench\n  paused: true\n  spec: {{url: 'ws://127.0.0.{i % 8 + 1}:1/'}}\n")
        subprocess.run([build / "holter", "apply", "-f", file, f"--server={daemon.grpc}"], check=True, stdout=subprocess.DEVNULL, timeout=120)
        return measure_pages(daemon.address)


def measure_open(build, folder):
    _, certificate, key = bench.make_certificate(folder)
    with bench.running([build / "bench/bench_peer", bench.ADDRESSES, certificate, key], stdout=subprocess.PIPE, text=True) as process:
        peer = bench.Peer(process)
        with bench.holterd(build, folder) as daemon:
            bench.declare(build, folder, daemon, peer, bench.MANY, "protocol_heartbeat: {interval: 4s, timeout: 5s}")
            time.sleep(6)
            return measure_pages(daemon.address)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--light", action="store_true", help="paused sessions, no peer")
    parser.add_argument("--strict", action="store_true", help="exit with status 1 when a bound is missed")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holter-bench-"))
    try:
        measured = (measure_light if arguments.light else measure_open)(arguments.build.resolve(), folder)
    finally:
        shutil.rmtree(folder)
    kind = "paused" if arguments.light else "open"
    print(f"\n| page at {bench.MANY:,} {kind} sessions, a scrape a second | median | slowest | bound |\n|---|---|---|---|")
    for what, took in measured["pages"].items():
        print(f"| {what} | {bench.quantile(took, 0.5):.0f} ms | {took[-1]:.0f} ms | {MOST_PAGE_MS} ms |")
    for what, name in (("`/metrics` with gzip meanwhile", "scrapes"), ("`/metrics` with gzip, nobody looks", "scrapes_alone")):
        print(f"| {what} | {bench.quantile(measured[name], 0.5):.0f} ms | {measured[name][-1]:.0f} ms | {MOST_SCRAPE_MS} ms |")
    missed = [what for what, took in measured["pages"].items() if bench.quantile(took, 0.5) > MOST_PAGE_MS]
    missed += ["scrape"] if measured["scrapes"][-1] > MOST_SCRAPE_MS else []
    print(f"\n{'All bounds held.' if not missed else 'Missed: ' + ', '.join(missed) + '.'}")
    (arguments.build / "bench").mkdir(exist_ok=True)
    (arguments.build / "bench/page.json").write_text(json.dumps(measured, indent=2) + "\n")
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (bench.BenchError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"page: {error}")
