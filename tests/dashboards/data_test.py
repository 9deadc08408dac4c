#!/usr/bin/env python3
"""A real Prometheus with our rules scrapes a real holterd while faults are played: every query of every board returns data, and the boards
show the faults where they are. The rules' windows and intervals are 60 times shorter, for the longest are read every two minutes only.

Usage: data_test.py ROOT HOLTERD HOLTER
"""

import dataclasses
import json
import pathlib
import signal
import sys
import time
import unittest

ROOT, HOLTERD, HOLTER = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
sys.path[:0] = [str(ROOT / "deploy" / "prometheus"), str(ROOT / "tests" / "monitoring"), str(ROOT / "tests" / "dashboards")]

import board_queries  # noqa: E402
import render  # noqa: E402
from fleet import Fleet  # noqa: E402
from world import World, await_that  # noqa: E402

SCRAPE_INTERVAL = 0.5
TIME_SCALE = 60
SESSION = "expiring-0"  # has both heartbeats and a certificate
FAULTS = ("killed", "asleep", "zombie", "storm", "flapping")
PATIENCE = 60


class DataTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        world = cls.enterClassContext(World(ROOT, HOLTERD, HOLTER))
        cls.daemon = world.start_holterd("one")
        cls.fleet = Fleet(world, cls.daemon, with_network=False)
        cls.begin = time.time()
        cls.prometheus = world.start_prometheus(render.render(time_scale=TIME_SCALE), {"one": cls.daemon.http}, f"{int(SCRAPE_INTERVAL * 1000)}ms")
        cls.prometheus.await_answer("holter_build_info")
        cls.fleet.declare()

    def grafana(self):
        return board_queries.Prometheus(f"http://{self.prometheus.address}", self.begin, time.time(), SCRAPE_INTERVAL, {"session": SESSION})

    def await_data(self, queries):
        """Asks until each has had data once: a storm is over quickly."""
        missing = list(queries)

        def all_seen():
            missing[:] = board_queries.empty(self.grafana(), missing)
            return not missing

        await_that(all_seen, lambda: "no data:\n" + "\n".join(map(str, missing)), PATIENCE)

    def play(self):
        """What has data only when something goes wrong."""
        # A storm is over before the rules are evaluated again: that there was none before has to be on record.
        self.prometheus.await_answer('count_over_time(instance_tenant_group:holter_reconnects:sum{group="storm"}[10m]) >= 2')
        for fault in FAULTS:
            self.fleet.play(fault)
        self.daemon.holter("get", "nobody", good=False)
        self.daemon.policy.write_text("egress: {allow: everything}\n")
        self.daemon.child.signal(signal.SIGHUP)
        self.daemon.holter("create", "tenants/small/sessions/one", f"ws://127.0.0.1:{self.fleet.ports['calm']}/")

    def test_1_every_query_returns_data(self):
        self.play()
        self.await_data(board_queries.queries())
        print(f"{len(board_queries.queries())} queries had data within {time.time() - self.begin:.0f} s", flush=True)

    def series(self, board, panel, label):
        """What `label` is for the series of a panel that are not nought now."""
        queries = [query for query in board_queries.queries() if (query.board, query.panel) == (board, panel)]
        now = [dataclasses.replace(query, instant=True) for query in queries]
        return {labels.get(label) for query in now for labels, value in self.grafana().ask(query) if value != 0}

    def test_2_reasons_are_told_apart(self):
        why = ("Holter / Fleet", "Failed attempts by reason", "reason")
        await_that(lambda: "connect_refused" in self.series(*why), "the killed peers among the failed attempts", PATIENCE)
        lost = ("Holter / Fleet", "Lost connections by reason", "reason")
        await_that(lambda: "app_heartbeat" in self.series(*lost), "the zombies among the lost connections", PATIENCE)

    def test_3_the_worst_come_first(self):
        query = next(query for query in board_queries.queries() if (query.board, query.panel) == ("Holter / Fleet", "Worst groups"))

        def ranked():
            return [labels.get("group") for labels, _ in sorted(self.grafana().ask(query), key=lambda sample: -sample[1])]

        await_that(lambda: set(ranked()[:3]) == {"killed", "asleep", "zombie"}, lambda: f"order {ranked()}", PATIENCE)
        self.assertIn("calm", ranked())

    def test_4_a_query_without_data_is_found(self):
        nothing = board_queries.Query("board", "panel", 'holter_sessions{job=~"$job",group="nobody"}', False)
        nan = dataclasses.replace(nothing, expr='0 * holter_build_info / 0')
        self.assertEqual(board_queries.empty(self.grafana(), [nothing, nan]), [nothing, nan])

    def test_5_no_query_was_left_out(self):
        boards = [json.loads(path.read_text()) for path in board_queries.FOLDER.glob("*.json")]
        targets = sum(len(panel.get("targets", [])) for board in boards for panel in board["panels"])
        self.assertEqual(len(boards), 5)
        self.assertGreater(len(board_queries.queries()), targets)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], failfast=True)
