"""Names and labels of one's own."""
from chart import ChartTest


class NamesTest(ChartTest):
    example = "names"

    def test_all_are_in_the_namespace(self):
        self.assertEqual({each["metadata"]["namespace"] for each in self.chart.all}, {"watchers"})

    def test_all_have_the_name(self):
        names = sorted({each["metadata"]["name"] for each in self.chart.all})
        self.assertEqual(names, ["pulse", "pulse-account", "pulse-config", "pulse-headless"])
        stateful_set = self.chart.find("StatefulSet", "pulse")
        self.assertEqual(stateful_set["spec"]["serviceName"], "pulse-headless")
        self.assertEqual(stateful_set["spec"]["template"]["spec"]["serviceAccountName"], "pulse-account")

    def test_common_labels_are_everywhere(self):
        pod = self.chart.find("StatefulSet", "pulse")["spec"]["template"]["metadata"]
        for metadata in [each["metadata"] for each in self.chart.all] + [pod]:
            self.assertEqual(metadata["labels"]["team"], "feeds")
            self.assertEqual(metadata["labels"]["app.kubernetes.io/name"], "heart")
        self.assertEqual(pod["labels"]["zone"], "green")
        self.assertEqual(pod["annotations"]["example.org/note"], "here")
        self.assertEqual(self.chart.find("StatefulSet", "pulse")["metadata"]["annotations"], {"example.org/owner": "feeds"})
        self.assertEqual(self.chart.find("ServiceAccount", "pulse-account")["metadata"]["annotations"], {"example.org/role": "none"})

    def test_no_label_of_others_breaks_a_selector(self):
        chart = self.render("--set=commonLabels.app\\.kubernetes\\.io/name=other,podLabels.app\\.kubernetes\\.io/instance=other")
        self.assertLessEqual(chart.find("Service")["spec"]["selector"].items(), chart.pod()["metadata"]["labels"].items())

    def test_long_names_are_cut(self):
        chart = self.render("--set=fullnameOverride=" + "x" * 80)
        self.assertLessEqual(max(len(each["metadata"]["name"]) for each in chart.all), 63)
