"""Whatever else."""
from chart import ChartTest, by_name


class ExtrasTest(ChartTest):
    example = "extras"

    def test_volumes_and_containers(self):
        pod = self.chart.pod()["spec"]
        self.assertEqual(self.chart.volume("audit"), {"name": "audit", "emptyDir": {}})
        self.assertEqual(self.chart.mounts()["audit"], "/var/log/holter")
        self.assertEqual(pod["initContainers"], [{"name": "before", "image": "busybox:1"}])
        self.assertEqual(by_name(pod["containers"], "beside"), {"name": "beside", "image": "busybox:1"})
        self.assertEqual(pod["containers"][0]["name"], "holterd")

    def test_objects_are_templates(self):
        self.assertEqual(self.chart.find("ConfigMap", "r-holter-extra")["data"], {"replicas": "1"})
        self.chart.find("ConfigMap", "r-text")

    def test_an_unknown_value_is_refused(self):
        self.assertIn("'extraObject' not allowed", self.refusal("extraObject=1"))
