"""The alerts, with thresholds, labels and omissions of one's own."""
import subprocess
import sys
import tempfile

import yaml

from chart import ROOT, ChartTest, Loader

sys.path.insert(0, str(ROOT / "deploy" / "prometheus"))
import render as rules  # noqa: E402


def source(**thresholds):
    """What deploy/prometheus has with these thresholds."""
    return yaml.load(rules.render(thresholds), Loader)["groups"]


class RulesTest(ChartTest):
    example = "rules"

    def groups(self, *sets, example="default"):
        chart = self.render("--set=prometheusRule.enabled=true", *[f"--set={value}" for value in sets], example=example)
        return chart.find("PrometheusRule")["spec"]["groups"]

    def alerts(self, *sets, example="default"):
        return {rule["alert"]: rule for group in self.groups(*sets, example=example) for rule in group["rules"] if "alert" in rule}

    def test_by_default_they_are_those_of_deploy_prometheus(self):
        of_file = yaml.load((ROOT / "deploy" / "prometheus" / "holter.rules.yaml").read_text(), Loader)["groups"]
        selector = rules.default_thresholds()["selector"].replace(",", "\\,")
        self.assertEqual(self.groups(f"prometheusRule.thresholds.selector={selector}"), of_file)

    def test_they_judge_our_own_series(self):
        self.assertEqual(self.groups(), source(selector='job="holter", namespace="watch"'))

    def test_thresholds_of_values(self):
        groups = self.groups("prometheusRule.disabled=null", "prometheusRule.alertLabels=null", example="rules")
        self.assertEqual(groups, source(selector='job="holter", namespace="watch"', groupDownRatio=0.1, groupDownFor="1m",
                                        runbookBase="https://wiki.example.org/holter"))

    def test_numbers_are_as_prometheus_reads_them(self):
        alert = self.alerts("prometheusRule.thresholds.groupDownSessions=20000", "prometheusRule.thresholds.groupDownRatio=0.0005")
        self.assertRegex(alert["HolterGroupDown"]["expr"], r"> 0\.0005 and .* >= 20000$")

    def test_alerts_are_left_out_and_labelled(self):
        alerts = self.alerts(example="rules")
        self.assertNotIn("HolterStoreSlow", alerts)
        self.assertIn("HolterAbsent", alerts)
        self.assertEqual(set(self.alerts()) - set(alerts), {"HolterStoreSlow"})
        for alert in alerts.values():
            self.assertEqual(alert["labels"]["team"], "feeds")
            self.assertIn(alert["labels"]["severity"], ("critical", "warning", "info"))

    def test_what_prometheus_puts_in_stays(self):
        self.assertIn("{{ $labels.group }}", self.alerts()["HolterGroupDown"]["annotations"]["description"])

    def test_the_job_is_what_the_monitor_makes_it(self):
        for expected, sets in (
                ("r", ["serviceMonitor.enabled=true", "serviceMonitor.jobLabel=app\\.kubernetes\\.io/instance"]),
                ("heart", ["nameOverride=heart", "fullnameOverride=r-holter"]),
                ("ours", ["serviceMonitor.jobLabel=mine", "service.labels.mine=ours"]),
                ("r-holter", ["serviceMonitor.jobLabel=none"]),
                ("pods", ["podMonitor.enabled=auto", "podMonitor.jobLabel=mine", "podLabels.mine=pods"]),
                ("watch/r-holter", ["podMonitor.enabled=true", "podMonitor.jobLabel=none"])):
            with self.subTest(expected):
                self.assertEqual(self.alerts(*sets)["HolterAbsent"]["expr"], f'absent(up{{job="{expected}", namespace="watch"}} == 1)')

    def test_promtool_accepts_them(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": self.groups(example="rules")}, file)
            done = subprocess.run(["promtool", "check", "rules", file.name], text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"{sum(len(group['rules']) for group in self.groups(example='rules'))} rules found", done.stdout)

    def test_the_object(self):
        metadata = self.chart.find("PrometheusRule")["metadata"]
        self.assertEqual(metadata["namespace"], "monitoring")
        self.assertEqual(metadata["labels"]["release"], "kube-prometheus-stack")
        self.assertEqual(metadata["annotations"], {"example.org/note": "rules"})

    def test_bad_values_are_refused(self):
        on = "prometheusRule.enabled=true"
        self.assertIn("thresholds.groupDownRato: there is none of this name", self.refusal(on, "prometheusRule.thresholds.groupDownRato=1"))
        self.assertIn("there is no alert HolterSlow", self.refusal(on, "prometheusRule.disabled.HolterSlow=true"))
        self.assertIn("/prometheusRule/thresholds/groupDownRatio", self.refusal(on, "prometheusRule.thresholds.groupDownRatio=true"))
        self.assertIn("the rules cannot be read", self.refusal(on, "prometheusRule.thresholds.groupDownFor=a: b: c"))
