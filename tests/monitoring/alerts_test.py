#!/usr/bin/env python3
"""A real Prometheus with our rules scrapes a real holterd while faults are played: every alert that should fire does, for the right
group, and none does in the calm before. Windows and `for` are 60 times shorter than in holter.rules.yaml, all else is as there.

Usage: alerts_test.py ROOT HOLTERD HOLTER SLOW_DISK
"""

import os
import pathlib
import random
import re
import shlex
import sys
import time
import unittest

ROOT, HOLTERD, HOLTER, SLOW_DISK = (pathlib.Path(argument).resolve() for argument in sys.argv[1:5])
sys.path[:0] = [str(ROOT / "deploy" / "prometheus"), str(ROOT / "tests" / "monitoring")]

import render  # noqa: E402
import runbooks  # noqa: E402
from fleet import Fleet  # noqa: E402
from replica import Replica  # noqa: E402
from world import World, await_that, enter_namespace  # noqa: E402

TIME_SCALE = 60
CALM_EVALUATIONS = 50
PATIENCE = 240  # seconds; every wait ends as soon as it may

# What has to fire, and where: a group, group and layer, or an instance.
DEAD = ["killed", "asleep", "silent", "zombie", "wrongcert", "stopped", "blackhole"]
MUST = {
    "HolterGroupDown": DEAD,
    "HolterErrorBudgetBurnsFast": DEAD,
    "HolterErrorBudgetBurnsSlowly": DEAD,
    "HolterReconnectStorm": ["storm"],
    "HolterHeartbeatsMissed": ["silent protocol", "zombie app", "lossy protocol", "lossy app"],
    "HolterRoundTripsSlow": ["slowapp app", "proxied protocol", "distant tcp"],
    "HolterSessionsFlapping": ["flapping"],
    "HolterSessionsStopped": ["stopped"],
    "HolterZombieSessions": ["zombie"],
    "HolterPeersAsleep": ["asleep", "silent"],
    "HolterNetworkDead": ["blackhole"],
    "HolterPeerCertificateExpires": ["expiring"],
}
MUST_OF_THE_REPLICA = {
    "HolterCapacityLow": ["two"],
    "HolterListenerCertificateExpires": ["two"],
    "HolterSeriesDropped": ["two"],
    "HolterAuditRecordsLost": ["two"],
    "HolterQuotaNearlyUsed": ["small"],
    "HolterReloadFailed": ["two"],
    "HolterStarved": ["two"],
    "HolterStoreSlow": ["two"],
    "HolterGroupsOverflowed": ["two"],
    "HolterStoreFailing": ["two"],
    "HolterEventsDropped": ["two"],
    "HolterReplicaDown": ["two"],
    "HolterRestarts": ["two"],
    "HolterCallsFail": ["everywhere"],
}
# What may fire besides, because a fault has more than one consequence. Nothing at all may for the group `calm`.
MAY = {
    "HolterGroupDown": "flapping|expiring|storm|distant",
    "HolterErrorBudgetBurnsFast": "flapping|expiring|storm|distant|lossy|proxied|slowapp|spare",
    "HolterErrorBudgetBurnsSlowly": "flapping|expiring|storm|distant|lossy|proxied|slowapp|spare",
    "HolterHeartbeatsMissed": "(asleep|silent|zombie|blackhole|lossy) (app|protocol)",
    "HolterRoundTripsSlow": "(distant|lossy) (tcp|app|protocol)|slowapp protocol",
}
# What only deploy/prometheus/holter.rules.test.yaml has fire, and why.
NOT_PLAYED = {
    "HolterExceptions": "nothing from outside makes Holter throw",
}


def place(labels):
    """Where an alert is: as in MUST."""
    for key in ("group", "instance", "tenant"):
        if labels.get(key):
            return f"{labels[key]} {labels['layer']}" if "layer" in labels else labels[key]
    return "everywhere"


class AlertsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        seed = int(os.environ.get("HOLTER_SEED", random.randrange(2**31)))
        print(f"seed {seed}, windows and `for` {TIME_SCALE} times shorter", flush=True)
        if not NAMESPACE:
            print("NO NETWORK NAMESPACE ON THIS MACHINE: loss, blackhole, distance, and the replica with a full disk are not played", flush=True)
        cls.world = cls.enterClassContext(World(ROOT, HOLTERD, HOLTER))
        cls.daemon = cls.world.start_holterd("one")
        cls.fleet = Fleet(cls.world, cls.daemon, with_network=NAMESPACE, seed=seed)
        cls.fleet.declare()
        # What no scale makes shorter: the kernel's round trip is looked at every ten seconds, Prometheus takes five to begin, and the hundred
        # samples of a loop within ten seconds have no 99th percentile to speak of.
        rules = render.render({"rttSamples": 1, "absentFor": "10m", "starvedLagSeconds": 1}, TIME_SCALE)
        cls.prometheus = cls.world.start_prometheus(rules, {"one": cls.daemon.http})
        cls.prometheus.await_answer('up{job="holter"} == 1')

    def fired(self):
        """{(alert, place)} of all that has fired so far."""
        return {(labels["alertname"], place(labels)) for labels, _ in self.prometheus.query('count_over_time(ALERTS{alertstate="firing"}[10m])')}

    def await_all(self, wanted, meanwhile=lambda: None):
        def missing():
            meanwhile()
            return wanted - self.fired()

        await_that(lambda: not missing(), lambda: f"did not fire: {sorted(missing())}; pending: {self.pending()}; "
                                                  f"ended: {self.world.ended()}", PATIENCE)

    def pending(self):
        return sorted((name, place(labels)) for name, labels, state in self.prometheus.alerts() if state == "pending")

    def test_1_nothing_fires_while_all_is_calm(self):
        self.prometheus.await_answer(f'count_over_time(tenant_group:holter_sessions:sum{{group="calm"}}[10m]) >= {CALM_EVALUATIONS}', PATIENCE)
        self.assertEqual(self.fired(), set())
        self.assertEqual(self.prometheus.rule_faults(), [])
        healthy = self.prometheus.query('sum(holter_sessions{health="healthy"})')[0][1]
        self.assertEqual(healthy, sum(Fleet.SIZES[group] for group in self.fleet.groups))

    def test_2_every_fault_of_a_peer_is_told_for_its_group(self):
        begin = time.monotonic()
        self.fleet.play_all()
        groups = self.fleet.groups
        self.await_all({(alert, where) for alert, places in MUST.items() for where in places if where.split()[0] in groups})
        print(f"every fault of a peer was told within {time.monotonic() - begin:.0f} s", flush=True)

    def test_3_every_fault_of_a_replica_is_told(self):
        if not NAMESPACE:
            self.skipTest("no mount namespace on this machine")
        begin = time.monotonic()
        replica = Replica(self.world, "two", self.fleet.ports["calm"], SLOW_DISK)
        self.prometheus.watch({"one": self.daemon.http, "two": replica.daemon.http})
        self.prometheus.await_answer('up{instance="two"} == 1')
        replica.declare()
        replica.break_policy()
        slow = {(alert, MUST_OF_THE_REPLICA[alert][0]) for alert in ("HolterCapacityLow", "HolterSeriesDropped", "HolterAuditRecordsLost",
                                                                     "HolterQuotaNearlyUsed", "HolterReloadFailed", "HolterStarved",
                                                                     "HolterListenerCertificateExpires")}
        self.await_all(slow, replica.stall)
        replica.slow_down()
        self.await_all({("HolterStoreSlow", "two")}, replica.change)
        replica.speed_up()
        replica.use_many_groups()
        self.await_all({("HolterGroupsOverflowed", "two")})
        replica.fill_disk()
        self.await_all({("HolterStoreFailing", "two"), ("HolterEventsDropped", "two")})
        replica.free_disk()
        replica.kill()
        self.await_all({("HolterReplicaDown", "two")})
        for number in range(3):
            replica.start()
            self.prometheus.await_answer(f'holter_start_timestamp_seconds{{instance="two"}} > {replica.daemon.started} and on () up{{instance="two"}} == 1')
            if number < 2:
                replica.kill()
        self.await_all({("HolterRestarts", "two")})
        replica.lose_store()
        self.await_all({("HolterCallsFail", "everywhere")}, replica.call_in_vain)
        replica.kill()
        print(f"every fault of a replica was told within {time.monotonic() - begin:.0f} s", flush=True)

    def test_4_nothing_else_was_told(self):
        expected = {(alert, where) for must in (MUST, MUST_OF_THE_REPLICA) for alert, places in must.items() for where in places}
        besides = {(alert, where) for alert, where in self.fired() - expected if not re.fullmatch(MAY.get(alert, ""), where)}
        self.assertEqual(besides, set())
        self.assertEqual(self.prometheus.rule_faults(), [])

    def test_5_what_the_runbooks_tell_to_run_runs(self):
        url = f"ws://127.0.0.1:{self.fleet.ports['calm']}/"
        ran = {True: 0, False: 0}
        for page, query, line in runbooks.lines_of(ROOT / "docs" / "runbooks"):
            line = runbooks.filled_in(line, TENANT="default", GROUP="zombie", SESSION="zombie-0", URL=url)
            with self.subTest(f"{page}: {line}"):
                if query:
                    self.prometheus.query(line)
                else:
                    program, *arguments = shlex.split(line)
                    self.assertEqual(program, "holter")
                    self.daemon.holter(*arguments)
                ran[query] += 1
        self.assertGreater(min(ran.values()), 20)

    def test_6_nobody_watches_when_every_holter_is_gone(self):
        self.daemon.child.kill()
        self.await_all({("HolterAbsent", "everywhere"), ("HolterReplicaDown", "one")})

    def test_7_every_alert_was_played_or_says_why_not(self):
        alerts = set(re.findall(r"^  - alert: (\w+)$", render.render(), re.MULTILINE))
        self.assertEqual(alerts, set(MUST) | set(MUST_OF_THE_REPLICA) | set(NOT_PLAYED) | {"HolterAbsent"})


if __name__ == "__main__":
    NAMESPACE = enter_namespace()
    unittest.main(argv=sys.argv[:1], failfast=True)
