"""One process owns the store."""
from chart import ChartTest


class ReplicasTest(ChartTest):
    def test_more_than_one_is_refused_with_the_reason(self):
        self.assertIn("one process owns the embedded store", self.refusal("replicaCount=2"))

    def test_none_is_for_maintenance(self):
        self.assertEqual(self.render("--set=replicaCount=0").find("StatefulSet")["spec"]["replicas"], 0)

    def test_a_pod_that_never_was_ready_is_replaced(self):
        self.assertEqual(self.chart.find("StatefulSet")["spec"]["podManagementPolicy"], "Parallel")
