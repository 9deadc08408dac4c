"""Which image."""
from chart import CHART, ChartTest, Loader
import yaml


class ImageTest(ChartTest):
    def image(self, *sets, example="default"):
        return self.render(*[f"--set={value}" for value in sets], example=example).container()["image"]

    def test_the_chart_s_version_by_default(self):
        version = yaml.load((CHART / "Chart.yaml").read_text(), Loader)["appVersion"]
        self.assertEqual(self.image(), f"holter:{version}")

    def test_a_digest_wins(self):
        self.assertEqual(self.image(example="image"), "registry.example.org/monitoring/holter@sha256:" + "0123456789abcdef" * 4)
        self.assertEqual(self.image("image.digest=", example="image"), "registry.example.org/monitoring/holter:ignored")

    def test_secrets_of_the_registry(self):
        chart = self.render(example="image")
        self.assertEqual(chart.pod()["spec"]["imagePullSecrets"], [{"name": "registry-password"}])
        self.assertEqual(chart.container()["imagePullPolicy"], "Always")

    def test_a_digest_that_is_none_is_refused(self):
        self.assertIn("/image/digest", self.refusal("image.digest=sha256:12"))
        self.assertIn("/image/pullPolicy", self.refusal("image.pullPolicy=Sometimes"))
