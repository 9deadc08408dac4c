"""As a dependency of another chart."""
import pathlib
import tempfile

from chart import CHART, ChartTest, Manifests, run


class SubchartTest(ChartTest):
    example = "subchart"

    def test_globals_are_heeded(self):
        self.assertTrue(self.chart.container()["image"].startswith("mirror.example.org/holter:"))
        self.assertEqual(self.chart.pod()["spec"]["imagePullSecrets"], [{"name": "one"}, {"name": "two"}])

    def test_a_chart_that_has_it(self):
        with tempfile.TemporaryDirectory() as folder:
            parent = pathlib.Path(folder)
            (parent / "Chart.yaml").write_text("apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n"
                                               "- {name: holter, version: '*', repository: '', condition: holter.enabled}\n")
            (parent / "values.yaml").write_text("holter: {enabled: true, grpc: {insecure: true}}\nglobal: {whatever: 1}\n")
            (parent / "charts").mkdir()
            (parent / "charts" / "holter").symlink_to(CHART)
            done = run("helm", "template", "r", parent)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("StatefulSet", Manifests(done.stdout).kinds())
            self.assertEqual(Manifests(run("helm", "template", "r", parent, "--set=holter.enabled=false").stdout).all, [])
