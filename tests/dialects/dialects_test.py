#!/usr/bin/env python3
"""A session with a server that nobody here wrote, in its own dialect: alive through many heartbeats, frozen, thawed; and what the server does to a
client whose heartbeats stay off.

Usage: dialects_test.py CASE ROOT HOLTERD HOLTER      CASE is a file of cases/

A case says (times in seconds):
  server   which peer.py starts, and its period
  origin   the server wants to see where we come from
  session  the spec, without url; often a preset, with what the test wants to be quicker
  control  how the server ends a session with the same spec `without` some of its fields, or `with` others: reason, code (if it closes), detail
           (a part of it), and between which times. Not there: it never does
  frozen   what Holter says of a server that does not run any more: reason, and between which times
  quick    in the fast subset
"""

import collections
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

import yaml

CASE, ROOT, HOLTERD, HOLTER = (pathlib.Path(argument).resolve() for argument in sys.argv[1:5])
sys.path.insert(0, str(ROOT / "tests" / "monitoring"))

from world import PYTHON, Fault, World, await_that, enter_namespace  # noqa: E402

# A machine that is busy with something else may be late by this much, and may have been so when the time began to count. What it was late by
# for a thread of this program comes on top.
LATENESS, EARLINESS = 0.7, 0.1
HEARTBEATS = 5
OFF = {"mode": "MODE_OFF"}
# Comes back quickly, so that a test may see it; and what proves life is what the case says.
COMMON = {"reconnect": {"first_delay": "200ms", "max_delay": "500ms", "stable_after": "1s"}, "timeouts": {"upgrade": "2s", "close": "200ms"},
          "protocol_heartbeat": OFF}


class Server:
    """One of peer.py. It ends when its stdin does, whatever ends this program."""

    def __init__(self, name, period):
        self._process = subprocess.Popen([PYTHON, ROOT / "tests" / "dialects" / "peer.py", name, str(period)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            raise Fault(f"{name} does not serve")
        said = json.loads(line)
        self.url, self._group = said["url"], said["group"]

    def signal(self, number):
        os.killpg(self._group, number)

    def stop(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Pulse:
    """How late this machine is: a thread that only sleeps, and notes by how much too long."""

    def __init__(self):
        self._late = collections.deque(maxlen=20000)  # (when it woke, by how much too late)
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self):
        while True:
            begin = time.time()
            time.sleep(0.01)
            self._late.append((time.time(), time.time() - begin - 0.01))

    def worst_since(self, since):
        return max((late for when, late in list(self._late) if when >= since), default=0.0)


def seconds(timestamp):
    """Of RFC 3339, with up to nine digits behind the point."""
    whole, _, fraction = timestamp.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


class DialectTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.case = yaml.safe_load(CASE.read_text())
        cls.period = cls.case["period"]
        cls.pulse = Pulse()
        world = cls.enterClassContext(World(ROOT, HOLTERD, HOLTER))
        cls.server = Server(cls.case["server"], cls.period)
        cls.addClassCleanup(cls.server.stop)
        cls.daemon = world.start_holterd("one", flags=["--store=memory"])

    def declare(self, name, without=(), **changes):
        spec = {"url": self.server.url} | COMMON | self.case["session"] | dict.fromkeys(without) | changes
        if "preset" in spec:
            theirs = yaml.safe_load((ROOT / "presets" / f"{spec['preset']}.yaml").read_text())["spec"]
            spec["without"] = spec.get("without", []) + [field for field in without if field in theirs]
        if self.case.get("origin"):
            spec["headers"] = [{"name": "Origin", "value": "http://" + urllib.parse.urlsplit(self.server.url).netloc}]
        self.daemon.declare([{"name": name, "spec": {key: value for key, value in spec.items() if value is not None}}])

    def status(self, name="feed"):
        return json.loads(self.daemon.holter("get", name, "-o", "json"))["status"]

    def events(self, name, since=0.0):
        """The oldest first."""
        found = json.loads(self.daemon.holter("events", name, "-o", "json", "--limit", "200")).get("events", [])
        return [event for event in reversed(found) if seconds(event["time"]) >= since]

    def await_event(self, name, what, condition, since=0.0, patience=20):
        def first():
            return next((event for event in self.events(name, since) if condition(event)), None)

        return await_that(first, lambda: f"{what}; {json.dumps(self.events(name), indent=1)} {json.dumps(self.status(name), indent=1)}", patience)

    def await_health(self, since, health):
        return self.await_event("feed", health, lambda event: event["to_health"] == f"HEALTH_{health}", since)

    def test_1_the_server_ends_a_session_whose_heartbeats_are_off(self):
        control = self.case.get("control")
        if not control:
            self.skipTest("this server lets silent clients be")
        self.declare("control", control.get("without", []), **{"protocol_heartbeat": OFF} | control.get("with", {}))
        opened = self.await_event("control", "open", lambda event: event["to_state"] == "STATE_OPEN")
        begin = time.time()
        least, most = control["between"]
        ended = self.await_event("control", "its end", lambda event: event["from_state"] == "STATE_OPEN" and event["to_state"] != "STATE_OPEN",
                                 patience=most + 10)
        status = self.status("control")
        self.daemon.holter("delete", "control")
        self.assertEqual(ended["reason"], "REASON_" + control["reason"], ended)
        self.assertEqual(status.get("last_close_code", 0), control.get("code", 0), ended)
        self.assertIn(control.get("detail", ""), ended.get("detail", ""))
        lived = seconds(ended["time"]) - seconds(opened["time"])
        self.assertGreater(lived, least - EARLINESS, ended)
        self.assertLess(lived, most + LATENESS + self.pulse.worst_since(begin), ended)
        print(f"off: {ended['reason']} {status.get('last_close_code', '')} {ended.get('detail', '')} after {lived:.2f} s", flush=True)

    def heartbeats(self, status):
        """The least that any beat or watchdog has seen that is not off; none of them may have missed anything, or have been told what nobody asked."""
        counts = []
        for beat in status.get("beats", []):
            self.assertFalse({"missed", "late", "foreign", "duplicate", "unsolicited"} & beat.keys(), beat)
            if beat["verdict"] != "VERDICT_UNKNOWN" and "interval" in beat:
                counts.append(int(beat.get("sent" if beat["verdict"] == "VERDICT_KEEPALIVE_ONLY" else "acked", 0)))
        for watchdog in status.get("watchdogs", []):
            self.assertNotIn("violations", watchdog)
            if watchdog["verdict"] != "VERDICT_UNKNOWN":
                counts.append(int(watchdog.get("matches", 0)))
        return min(counts, default=0)

    def test_2_it_stays_healthy_through_the_servers_heartbeats(self):
        begin = time.time()
        self.declare("feed")
        healthy = seconds(self.await_health(begin, "HEALTHY")["time"])
        await_that(lambda: time.time() >= healthy + HEARTBEATS * self.period and self.heartbeats(self.status()) >= HEARTBEATS,
                   lambda: f"heartbeats: {json.dumps(self.status(), indent=1)}", HEARTBEATS * self.period + 10)
        status = self.status()
        self.assertEqual((status["state"], status["health"]), ("STATE_OPEN", "HEALTH_HEALTHY"), status)
        self.assertNotIn("reconnects", status)
        self.assertEqual(self.events("feed", healthy)[1:], [], "nothing happens after it is healthy")
        print(f"on: {self.heartbeats(status)} heartbeats in {time.time() - healthy:.2f} s, healthy after {healthy - begin:.2f} s", flush=True)

    def test_3_frozen_it_is_dead_in_time_and_for_the_right_reason(self):
        expected = self.case["frozen"]
        begin = time.time()
        self.server.signal(signal.SIGSTOP)
        frozen = time.time()  # at the latest
        down = self.await_health(begin, "DOWN")
        after = seconds(down["time"]) - frozen
        self.assertEqual(down["reason"], "REASON_" + expected["reason"], down)
        least, most = expected["between"]
        self.assertGreater(seconds(down["time"]) - begin, least - EARLINESS, down)
        self.assertLess(after, most + LATENESS + self.pulse.worst_since(begin), down)
        thawed = time.time()
        self.server.signal(signal.SIGCONT)
        back = seconds(self.await_health(thawed, "HEALTHY")["time"]) - thawed
        print(f"frozen: {down['reason']} {down.get('path', '')} {down.get('detail', '')} after {after:.2f} s", flush=True)
        print(f"thawed: healthy after {back:.2f} s", flush=True)


if __name__ == "__main__":
    enter_namespace()
    unittest.main(argv=sys.argv[:1], failfast=True)
