"""A limit of CPUs says how many event loops there are."""
from chart import ChartTest


class ResourcesTest(ChartTest):
    example = "resources"
    loops = {"name": "HOLTER_LOOPS", "valueFrom": {"resourceFieldRef": {"containerName": "holterd", "resource": "limits.cpu"}}}

    def test_they_are_the_container_s(self):
        self.assertEqual(self.chart.container()["resources"], {"requests": {"cpu": "500m", "memory": "256Mi"},
                                                               "limits": {"cpu": "1500m", "memory": "512Mi"}})

    def test_loops_follow_the_limit(self):
        self.assertEqual(self.chart.container()["env"], [self.loops])

    def test_unless_somebody_says_how_many(self):
        self.assertNotIn("env", self.render("--set=config.loops=1", example="resources").container())

    def test_without_a_limit_holterd_knows_best(self):
        self.assertNotIn("env", self.render("--set=resources.limits.cpu=null", example="resources").container())

    def test_other_variables_stand_beside_it(self):
        chart = self.render("--set=extraEnv[0].name=A,extraEnv[0].value=b", example="resources")
        self.assertEqual(chart.container()["env"], [self.loops, {"name": "A", "value": "b"}])
