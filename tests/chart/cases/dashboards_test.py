"""The dashboards, for Grafana's sidecar and for its operator."""
import json

from chart import ROOT, ChartTest

SOURCES = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))


class DashboardsTest(ChartTest):
    example = "dashboards"

    def config_maps(self):
        return [each for each in self.chart.all if each["kind"] == "ConfigMap" and "-dashboard-" in each["metadata"]["name"]]

    def test_each_is_a_config_map_as_it_was_made(self):
        shipped = {key: json.loads(text) for each in self.config_maps() for key, text in each["data"].items()}
        self.assertEqual(shipped, {path.name: json.loads(path.read_text()) for path in SOURCES})
        self.assertEqual(len(self.config_maps()), len(SOURCES))
        self.assertGreater(len(SOURCES), 3)

    def test_the_sidecar_finds_them(self):
        for each in self.config_maps():
            self.assertEqual(each["metadata"]["namespace"], "grafana")
            self.assertEqual(each["metadata"]["labels"]["grafana_dashboard"], "yes")
            self.assertEqual(each["metadata"]["annotations"], {"grafana_folder": "Feeds"})

    def test_they_fit_into_a_config_map(self):
        for each in self.config_maps():
            self.assertLess(sum(len(text.encode()) for text in each["data"].values()), 1 << 20)

    def test_the_operator_takes_them_from_there(self):
        keys = {each["metadata"]["name"]: list(each["data"]) for each in self.config_maps()}
        objects = [each["spec"] for each in self.chart.all if each["kind"] == "GrafanaDashboard"]
        self.assertEqual({spec["configMapRef"]["name"]: [spec["configMapRef"]["key"]] for spec in objects}, keys)
        for spec in objects:
            self.assertEqual(spec["instanceSelector"], {"matchLabels": {"dashboards": "grafana"}})
            self.assertEqual(spec["folder"], "Feeds")

    def test_by_default_the_sidecar_s_usual_label(self):
        chart = self.render("--set=dashboards.enabled=true")
        self.assertEqual(chart.find("ConfigMap", "r-holter-dashboard-fleet")["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertNotIn("GrafanaDashboard", chart.kinds())

    def test_off_by_default(self):
        self.assertEqual(self.render().kinds().count("ConfigMap"), 1)

    def test_the_operator_alone_is_refused(self):
        self.assertIn("shows the ConfigMaps", self.refusal("dashboards.grafanaOperator.enabled=true"))
