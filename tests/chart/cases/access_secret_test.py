"""The rules of access are a secret as a whole."""
from chart import ChartTest


class AccessSecretTest(ChartTest):
    example = "access-secret"

    def test_it_is_the_access_file(self):
        self.assertEqual(self.chart.configuration()["access-file"], "/etc/holter/access/access.yaml")
        self.assertEqual(self.chart.volume("access")["projected"]["sources"], [
            {"secret": {"name": "holter-access", "items": [{"key": "rules.yaml", "path": "access.yaml"}]}}])

    def test_there_is_no_other(self):
        names = [each["metadata"]["name"] for each in self.chart.all if each["kind"] == "ConfigMap"]
        self.assertEqual(names, ["r-holter-config"])
