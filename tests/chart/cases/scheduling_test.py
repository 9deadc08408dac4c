"""Where it runs, and what may move it away."""
import yaml

from chart import ChartTest, examples


class SchedulingTest(ChartTest):
    example = "scheduling"

    def test_what_is_told_is_the_pod_s(self):
        given = yaml.safe_load(examples()["scheduling"].read_text())
        pod = self.chart.pod()["spec"]
        for field in ("nodeSelector", "tolerations", "affinity", "priorityClassName", "runtimeClassName", "schedulerName",
                      "hostAliases", "dnsPolicy", "dnsConfig"):
            self.assertEqual(pod[field], given[field], field)

    def test_spread_constraints_select_the_pod(self):
        first, second = self.chart.pod()["spec"]["topologySpreadConstraints"]
        self.assertEqual(first["labelSelector"], self.chart.find("StatefulSet")["spec"]["selector"])
        self.assertEqual(second["labelSelector"], {"matchLabels": {"mine": "yes"}})

    def test_rollout(self):
        spec = self.chart.find("StatefulSet")["spec"]
        self.assertEqual((spec["updateStrategy"], spec["revisionHistoryLimit"]), ({"type": "OnDelete"}, 3))

    def test_no_account_of_its_own(self):
        self.assertNotIn("ServiceAccount", self.chart.kinds())
        self.assertEqual(self.chart.pod()["spec"]["serviceAccountName"], "default")

    def test_budget(self):
        spec = self.chart.find("PodDisruptionBudget")["spec"]
        self.assertEqual(spec, {"minAvailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow",
                                "selector": self.chart.find("StatefulSet")["spec"]["selector"]})
        other = self.render("--set=podDisruptionBudget.enabled=true,podDisruptionBudget.maxUnavailable=0")
        self.assertEqual(other.find("PodDisruptionBudget")["spec"]["maxUnavailable"], 0)
        self.assertNotIn("minAvailable", other.find("PodDisruptionBudget")["spec"])
