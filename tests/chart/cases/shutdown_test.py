"""The pod has the time that it needs to stop."""
from chart import ChartTest


class ShutdownTest(ChartTest):
    def test_services_forget_it_first(self):
        self.assertEqual(self.chart.container()["lifecycle"], {"preStop": {"exec": {"command": ["sleep", "5"]}}})
        self.assertEqual(self.chart.configuration()["stop-timeout"], "5s")
        self.assertEqual(self.chart.pod()["spec"]["terminationGracePeriodSeconds"], 30)

    def test_a_long_goodbye(self):
        chart = self.render(example="shutdown")
        self.assertNotIn("lifecycle", chart.container())
        self.assertEqual(chart.configuration()["stop-timeout"], "50s")

    def test_a_grace_below_the_drain_is_refused(self):
        said = self.refusal("terminationGracePeriodSeconds=54", example="shutdown")
        self.assertIn("terminationGracePeriodSeconds: 54 is too short", said)
        self.assertIn("make 55", said)
        self.assertIn("make 45", self.refusal("shutdown.preStopSeconds=35"))
