#!/usr/bin/env python3
"""Measures what Holter costs, beside the floor, and prints the tables of docs/performance.md.

Every figure is taken from the outside: CPU and memory from /proc, round trips from the raw `holter_session_rtt_seconds` of
each session (no buckets), the number of open sessions from the peer. Floor and holterd run one after the other against the
same peer. Nothing waits without a bound; everything that was started is ended.
"""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Of the peer, 127.0.0.1 and on. Sessions are spread over them: beyond some 14,000 connections to one address and port the kernel's
# search for a free local port costs a millisecond a connect, and that is not what is measured here.
ADDRESSES = 8
FEW = 5_000
MANY = 19_500
RTT = re.compile(rb'^holter_session_rtt_seconds\{[^}]*session="([^"]*)"[^}]*layer="(protocol|app)"\} (\S+)$', re.M)


class BenchError(Exception):
    """Something did not come up or did not hold."""


def wait_for(what, bound, probe):
    """The first true answer of probe; raises when `bound` seconds have passed."""
    end = time.monotonic() + bound
    while time.monotonic() < end:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.05)
    raise BenchError(f"waited {bound} s for {what}")


@contextlib.contextmanager
def running(command, **options):
    """A process that is ended when the block is left."""
    process = subprocess.Popen([str(part) for part in command], **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def quantile(ordered, q):
    return ordered[int(q * (len(ordered) - 1))] if ordered else float("nan")


class Peer:
    """The epoll peer, and what it says of itself."""

    def __init__(self, process):
        ports = json.loads(process.stdout.readline())
        self.plain, self.tls = ports["plain"], ports["tls"]

    def url(self, index, tls=False):
        host = f"127.0.0.{index % ADDRESSES + 1}"
        return f"wss://{host}:{self.tls}/" if tls else f"ws://{host}:{self.plain}/"

    def open_sessions(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=10)
        connection.request("GET", "/")
        return json.load(connection.getresponse())["open"]


class Holterd:
    """A running daemon, seen from the outside."""

    def __init__(self, process, ports):
        self.pid = process.pid
        self.grpc = ports["grpc"]
        self.address = ports["http"]

    def scrape(self, compressed=False):
        """The page, as it came, and how long it took to come."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        begin = time.monotonic()
        connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip" if compressed else "identity"})
        answer = connection.getresponse()
        body = answer.read()
        took = time.monotonic() - begin
        if answer.status != 200:
            raise BenchError(f"/metrics answered {answer.status}")
        return body, took


def total(page, series):
    """Sum of all samples of a series whose labels contain what follows the name."""
    name, _, labels = series.partition("{")
    wanted = [label for label in labels.rstrip("}").split(",") if label]
    found = 0.0
    for line in page.decode().splitlines():
        if line.startswith(name) and line[len(name)] in "{ " and all(label in line for label in wanted):
            found += float(line.rsplit(" ", 1)[1])
    return found


def raw_rtts(page, layer="protocol"):
    """Microseconds by session."""
    return {name: float(value) * 1e6 for name, of, value in RTT.findall(page) if of.decode() == layer}


def write_sessions(path, count, url_of, spec):
    with open(path, "w", encoding="utf-8") as out:
        out.write("sessions:\n")
        for i in range(count):
            out.write(f"- name: tenants/default/sessions/s-{i}\n  group: bench\n  spec: {{url: '{url_of(i)}', {spec}}}\n")


@contextlib.contextmanager
def holterd(build, folder, secrets=None, store=("--store=memory",)):
    """A daemon without sessions, its governor lifted."""
    ports = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "ports.json"
    command = [build / "holterd", *store, f"--ports-file={ports}", "--http-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0",
               "--connect-rate=0", "--connect-in-flight=0", "--log-level=error"]
    if secrets:
        command.append(f"--secrets-dir={secrets}")
    with running(command) as process:
        def bound():
            if process.poll() is not None:
                raise BenchError(f"holterd ended with status {process.returncode}")
            return ports.exists() and json.loads(ports.read_text())
        yield Holterd(process, wait_for("the ports of holterd", 60, bound))


def declare(build, folder, daemon, peer, count, spec, tls=False):
    """Declares sessions over gRPC. Seconds until all were declared and until all were open, from the start of the command."""
    file = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "bench.yaml"
    write_sessions(file, count, lambda i: peer.url(i, tls), spec)
    begin = time.monotonic()
    subprocess.run([build / "holter", "apply", "-f", file, f"--server={daemon.grpc}"], check=True, stdout=subprocess.DEVNULL, timeout=120)
    declared = time.monotonic() - begin
    wait_for(f"{count} open sessions", 120, lambda: peer.open_sessions() >= count)
    return declared, time.monotonic() - begin


def measure_floor(build, peer, sessions, interval_ms, window):
    done = subprocess.run([build / "bench/floor_client", "127.0.0.1", str(peer.plain), str(sessions), str(interval_ms), "3",
                           str(window)], check=True, capture_output=True, text=True, timeout=window + 60)
    return json.loads(done.stdout)


# What sessions of a preset cost is measured by one that beats, one that unpacks, answers and watches, and one with an open script and captures.
PRESETS = ("bybit-linear", "htx-spot", "discord")
IDLE = "protocol_heartbeat: {interval: 20s, timeout: 20s}"
# A beat a second of each layer. The peer says again what it is told, so that its answer is a JSON of the same size.
PING = "protocol_heartbeat: {interval: 1s, timeout: 5s}"
JSON_BEAT = ("protocol_heartbeat: {mode: OFF}, beats: [{name: op-ping, interval: 1s, timeout: 5s, send: {json: {op: ping, id: '${seq}'}}, "
             "expect: {json: [{pointer: /op, equals: ping}]}, correlate: {pointer: /id, equals: seq}}]")


def measure_heartbeats(build, folder, peer, window, layer="protocol"):
    """CPU a heartbeat and raw round trips of 5,000 sessions with a beat a second of one layer."""
    with holterd(build, folder) as daemon:
        declare(build, folder, daemon, peer, FEW, PING if layer == "protocol" else JSON_BEAT)
        time.sleep(3)
        acked = f'holter_heartbeats_acked_total{{layer="{layer}"}}'
        before, _ = daemon.scrape()
        cpu, at = cpu_seconds(daemon.pid), time.monotonic()
        time.sleep(window)
        cpu, seconds = cpu_seconds(daemon.pid) - cpu, time.monotonic() - at
        after, _ = daemon.scrape()
        heartbeats = total(after, acked) - total(before, acked)
        rtts = list(raw_rtts(after, layer).values())
        for _ in range(5):  # every session has a new one after a second
            time.sleep(1.1)
            rtts += raw_rtts(daemon.scrape()[0], layer).values()
        rtts.sort()
        return {"sessions": FEW, "heartbeats": heartbeats, "cpu_us_per_heartbeat": cpu * 1e6 / heartbeats,
                "cpu_percent": 100 * cpu / seconds, "rss_kib_per_session": resident_kib(daemon.pid) / FEW,
                "missed": total(after, f'holter_heartbeats_missed_total{{layer="{layer}"}}'), "rtt_samples": len(rtts),
                "rtt_p50_us": quantile(rtts, 0.5), "rtt_p99_us": quantile(rtts, 0.99), "rtt_max_us": quantile(rtts, 1)}


def measure_idle(build, folder, peer, count, spec, secrets=None):
    """Memory a session and time to open all, nothing but the default ping every 20 s."""
    with holterd(build, folder, secrets) as daemon:
        empty = resident_kib(daemon.pid)
        declared, opened = declare(build, folder, daemon, peer, count, spec, tls=secrets is not None)
        time.sleep(5)
        rss = resident_kib(daemon.pid)
        page, _ = daemon.scrape()
        scraped = resident_kib(daemon.pid)
        return {"sessions": count, "declared_s": declared, "open_all_s": opened, "rss_empty_kib": empty,
                "rss_kib_per_session": rss / count,
                "rss_after_scrape_kib_per_session": scraped / count, "healthy": total(page, 'holter_sessions{health="healthy"}')}


def measure_scrape(build, folder, peer):
    """Time of a scrape of 19,500 sessions, and round trips with and without one a second."""
    with holterd(build, folder) as daemon:
        declare(build, folder, daemon, peer, MANY, "protocol_heartbeat: {interval: 4s, timeout: 5s}")
        time.sleep(6)
        page, _ = daemon.scrape()
        quiet = []
        for _ in range(3):  # one scrape every 4 s sees every heartbeat once, nearly all of them far from a scrape
            time.sleep(4)
            quiet.append(daemon.scrape()[0])
        plain, packed, pages, busy = [], [], [], {}
        for turn in range(16):
            body, took = daemon.scrape(compressed=turn % 2 == 1)
            (packed if turn % 2 else plain).append(took * 1e3)
            pages.append(body)
            time.sleep(max(0, 1 - took))
        # Read afterwards: to unpack and search them takes a processor that the sessions would miss.
        quiet = [rtt for body in quiet for rtt in raw_rtts(body).values()]
        pages[1::2] = map(gzip.decompress, pages[1::2])
        for body in pages:
            for name, rtt in raw_rtts(body).items():
                busy[(name, rtt)] = rtt
        quiet.sort()
        disturbed = sorted(busy.values())
        return {"sessions": MANY, "series": page.count(b"\nholter_session_"), "page_bytes": len(page),
                "plain_ms_median": quantile(sorted(plain), 0.5), "plain_ms_max": max(plain),
                "gzip_ms_median": quantile(sorted(packed), 0.5), "gzip_ms_max": max(packed),
                "quiet_p50_us": quantile(quiet, 0.5), "quiet_p99_us": quantile(quiet, 0.99), "quiet_max_us": quantile(quiet, 1),
                "scraped_p50_us": quantile(disturbed, 0.5), "scraped_p99_us": quantile(disturbed, 0.99),
                "scraped_max_us": quantile(disturbed, 1),
                "scraped_over_5ms": sum(rtt > 5000 for rtt in disturbed), "scraped_samples": len(disturbed),
                "missed": total(body, 'holter_heartbeats_missed_total{layer="protocol"}')}


def make_certificate(folder):
    secrets = folder / "secrets" / "bench"
    secrets.mkdir(parents=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=bench", "-addext", "subjectAltName=DNS:bench.test", "-keyout", folder / "key.pem", "-out",
                    secrets / "ca.pem"], check=True, capture_output=True, timeout=30)
    return folder / "secrets", secrets / "ca.pem", folder / "key.pem"


def row(what, reached, target):
    print(f"| {what} | {reached} | {target} |")


def app_beyond_ping_us(r):
    return r["app"]["cpu_us_per_heartbeat"] - r["heartbeats"]["cpu_us_per_heartbeat"]


def preset_beyond_plain_kib(r):
    return {name: one["rss_kib_per_session"] - r["few"]["rss_kib_per_session"] for name, one in r["presets"].items()}


def print_tables(r):
    floor, beats, scrape = r["floor"], r["heartbeats"], r["scrape"]
    ratio = lambda name: beats[name] / floor[name]
    print("\n| 5,000 plain sessions, a ping a second | floor | Holter | ratio | target |\n|---|---|---|---|---|")
    for what, name, target in (("CPU µs a heartbeat", "cpu_us_per_heartbeat", "≤ 2.0"), ("RTT p50 µs", "rtt_p50_us", "≤ 1.5"),
                               ("RTT p99 µs", "rtt_p99_us", "≤ 1.5")):
        print(f"| {what} | {floor[name]:.1f} | {beats[name]:.1f} | {ratio(name):.2f} | {target} |")
    print("\n| figure | reached | target |\n|---|---|---|")
    idle, tls = r["idle"], r["tls"]
    row("CPU of a beat in JSON beyond a ping's", f"{app_beyond_ping_us(r):.1f} µs", "≤ 3 µs")
    for name, beyond in preset_beyond_plain_kib(r).items():
        row(f"resident a session of {name} beyond a plain one", f"{beyond:.2f} KiB", "≤ 1 KiB")
    row("resident a plain session, 19,500 idle", f"{idle['rss_kib_per_session']:.2f} KiB", "≤ 6 KiB")
    row("of that, the process before the first session", f"{idle['rss_empty_kib'] / idle['sessions']:.2f} KiB", "")
    row("resident a plain session after a scrape", f"{idle['rss_after_scrape_kib_per_session']:.2f} KiB", "≤ 6 KiB")
    row(f"resident a TLS session, {tls['sessions']:,} idle", f"{tls['rss_kib_per_session']:.1f} KiB", "≤ 100 KiB")
    row("19,500 declared over gRPC, then all open", f"{idle['declared_s']:.1f}, {idle['open_all_s']:.1f} s", "≤ 15 s")
    row("scrape of 19,500 at basic, median (max)", f"{scrape['plain_ms_median']:.0f} ({scrape['plain_ms_max']:.0f}) ms", "≤ 300 ms")
    row("the same with gzip", f"{scrape['gzip_ms_median']:.0f} ({scrape['gzip_ms_max']:.0f}) ms", "≤ 300 ms")
    row("RTT p99 with a scrape every 4 s, every second", f"{scrape['quiet_p99_us']:.0f}, {scrape['scraped_p99_us']:.0f} µs", "")
    row("RTT max with a scrape every 4 s, every second", f"{scrape['quiet_max_us'] / 1e3:.1f}, {scrape['scraped_max_us'] / 1e3:.1f} ms",
        "≤ 5 ms apart")
    row("metrics of a heartbeat (of the CPU above)", f"{r['metrics_cost']['one_thread_ns']} ns", "≤ 250 ns")


def verdicts(r):
    """Targets that were missed, in words."""
    floor, beats, scrape = r["floor"], r["heartbeats"], r["scrape"]
    checks = [
        ("CPU a heartbeat", beats["cpu_us_per_heartbeat"] <= 2.0 * floor["cpu_us_per_heartbeat"]),
        ("CPU of a beat in JSON", app_beyond_ping_us(r) <= 3),
        ("resident a session of a preset", max(preset_beyond_plain_kib(r).values()) <= 1),
        ("RTT p50", beats["rtt_p50_us"] <= 1.5 * floor["rtt_p50_us"]),
        ("RTT p99", beats["rtt_p99_us"] <= 1.5 * floor["rtt_p99_us"]),
        ("resident a plain session", r["idle"]["rss_after_scrape_kib_per_session"] <= 6),
        ("resident a TLS session", r["tls"]["rss_kib_per_session"] <= 100),
        ("time to open all", r["idle"]["open_all_s"] <= 15),
        ("time of a scrape", max(scrape["plain_ms_max"], scrape["gzip_ms_max"]) <= 300),
        ("round trips during a scrape", scrape["scraped_max_us"] <= scrape["quiet_max_us"] + 5000),
        ("no heartbeat missed", beats["missed"] == r["app"]["missed"] == scrape["missed"] == 0),
        ("all healthy", r["idle"]["healthy"] == MANY),
        ("metrics of a heartbeat", r["metrics_cost"]["one_thread_ns"] <= 250),
    ]
    return [what for what, held in checks if not held]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--window", type=int, default=20, help="seconds of the steady windows")
    parser.add_argument("--tls-sessions", type=int, default=5_000)
    parser.add_argument("--strict", action="store_true", help="exit with status 1 when a target is missed")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < MANY + 256:
        raise BenchError(f"the limit of open files is {hard}, {MANY + 256} are needed")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holter-bench-"))
    try:
        secrets, certificate, key = make_certificate(folder)
        peer_command = [build / "bench/bench_peer", ADDRESSES, certificate, key]
        with running(peer_command, stdout=subprocess.PIPE, text=True) as process:
            peer = Peer(process)
            results = {"machine": {"cores": os.cpu_count(), "kernel": os.uname().release, "load": os.getloadavg()[0]}}
            say = lambda what: print(what, file=sys.stderr, flush=True)
            say("floor, 5,000 sessions …")
            first = measure_floor(build, peer, FEW, 1000, arguments.window)
            say("holterd, 5,000 sessions …")
            results["heartbeats"] = measure_heartbeats(build, folder, peer, arguments.window)
            say("holterd, 5,000 sessions with a beat in JSON …")
            results["app"] = measure_heartbeats(build, folder, peer, arguments.window, "app")
            say("floor again …")
            second = measure_floor(build, peer, FEW, 1000, arguments.window)
            # The mean of before and after: what the machine did meanwhile touches both.
            results["floor"] = {name: (first[name] + second[name]) / 2 for name in first}
            say("holterd, 19,500 idle sessions …")
            results["idle"] = measure_idle(build, folder, peer, MANY, IDLE)
            say("holterd, scrapes of 19,500 sessions …")
            results["scrape"] = measure_scrape(build, folder, peer)
            say("holterd, sessions of presets …")
            results["few"] = measure_idle(build, folder, peer, FEW, IDLE)
            results["presets"] = {name: measure_idle(build, folder, peer, FEW, f"preset: {name}") for name in PRESETS}
            say("holterd, TLS …")
            trusting = IDLE + ", tls: {ca_secret: bench/ca.pem, server_name: bench.test}"
            results["tls"] = measure_idle(build, folder, peer, arguments.tls_sessions, trusting, secrets)
            cost = subprocess.run([build / "bench/heartbeat_metrics_cost"], check=True, capture_output=True, timeout=60)
            results["metrics_cost"] = json.loads(cost.stdout)
    finally:
        shutil.rmtree(folder)
    print_tables(results)
    missed = verdicts(results)
    results["missed_targets"] = missed
    print(f"\n{'All targets reached.' if not missed else 'Missed: ' + ', '.join(missed) + '.'}")
    (build / "bench/results.json").write_text(json.dumps(results, indent=2) + "\n")
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"bench: {error}")
