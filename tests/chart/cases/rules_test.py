"""The alerts, with thresholds, labels and omissions of one's own."""
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

from chart import CHART, ROOT, ChartTest, Loader, Manifests, template

sys.path.insert(0, str(ROOT / "deploy" / "prometheus"))
import render as rules  # noqa: E402


def source(**thresholds):
    """What deploy/prometheus has with these thresholds."""
    return yaml.load(rules.render(thresholds), Loader)["groups"]


def job_of(monitor, targets):
    """What the operator makes `job` of the one target that the monitor selects."""
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    target, = [each for each in targets if wanted <= each["metadata"]["labels"].items()]
    by_default = {"ServiceMonitor": target["metadata"].get("name"),
                  "PodMonitor": f"{monitor['metadata']['namespace']}/{monitor['metadata']['name']}"}
    return target["metadata"]["labels"].get(monitor["spec"].get("jobLabel"), by_default[monitor["kind"]])


def scraped(manifests):
    """{name of a monitor: the job of what it scrapes}."""
    of_kind = {kind: [each for each in manifests.all if each["kind"] == kind] for kind in manifests.kinds()}
    services = [each for each in of_kind["Service"] if "prometheus.io/service-monitor" not in each["metadata"]["labels"]]
    pods = [each["spec"]["template"] for each in of_kind["StatefulSet"]]
    return {monitor["metadata"]["name"]: job_of(monitor, targets)
            for kind, targets in (("ServiceMonitor", services), ("PodMonitor", pods)) for monitor in of_kind.get(kind, [])}


def judged(manifests):
    """{name of a PrometheusRule: the jobs that its rules speak of}."""
    return {each["metadata"]["name"]: set(re.findall(r'job="([^"]+)"', str(each["spec"]))) for each in manifests.all
            if each["kind"] == "PrometheusRule"}


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
        self.assertEqual(self.groups(), source(selector='job="r-holter", namespace="watch"'))

    def test_releases_of_a_namespace_do_not_judge_each_other(self):
        for monitor in ("serviceMonitor", "podMonitor"):
            with self.subTest(monitor):
                on = ("--set=prometheusRule.enabled=true", f"--set={monitor}.enabled=true")
                jobs = {}
                for release in ("a", "b"):
                    manifests = Manifests(template(*on, release=release).stdout)
                    jobs |= scraped(manifests)
                    self.assertEqual(judged(manifests), {name: {job} for name, job in scraped(manifests).items()})
                self.assertEqual(len(set(jobs.values())), 2, jobs)

    def test_two_of_one_release_do_not_judge_each_other(self):
        for monitor in ("serviceMonitor", "podMonitor"):
            with self.subTest(monitor), tempfile.TemporaryDirectory() as folder:
                parent = pathlib.Path(folder)
                names, on = ("one", "two"), {"prometheusRule": {"enabled": True}, monitor: {"enabled": True}}
                dependencies = [{"name": "holter", "alias": name, "version": "*", "repository": ""} for name in names]
                (parent / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "parent", "version": "1.0.0",
                                                                   "dependencies": dependencies}))
                (parent / "values.yaml").write_text(yaml.safe_dump({name: on for name in names}))
                (parent / "charts").mkdir()
                (parent / "charts" / "holter").symlink_to(CHART)
                done = template(chart=parent)
                self.assertEqual(done.returncode, 0, done.stderr)
                jobs = scraped(Manifests(done.stdout))
                self.assertEqual(judged(Manifests(done.stdout)), {name: {job} for name, job in jobs.items()})
                self.assertEqual(len(set(jobs.values())), 2, jobs)

    def test_thresholds_of_values(self):
        groups = self.groups("prometheusRule.disabled=null", "prometheusRule.alertLabels=null", example="rules")
        self.assertEqual(groups, source(selector='job="r-holter", namespace="watch"', groupDownRatio=0.1, groupDownFor="1m",
                                        runbookBase="https://wiki.example.org/holter"))

    def test_zero_is_a_threshold(self):
        defaults = yaml.load((ROOT / "deploy" / "prometheus" / "thresholds.yaml").read_text(), Loader)
        zeros = {name: 0 for name, value in defaults.items() if isinstance(value, (int, float))}
        self.assertGreater(len(zeros), 20)
        groups = self.groups(*[f"prometheusRule.thresholds.{name}=0" for name in zeros])
        self.assertEqual(groups, source(selector='job="r-holter", namespace="watch"', **zeros))
        self.check(groups)

    def test_a_time_of_zero_is_the_text_that_the_operator_wants(self):
        self.assertEqual(self.alerts("prometheusRule.thresholds.groupDownFor=0")["HolterGroupDown"]["for"], "0")

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
                ("heart", ["serviceMonitor.jobLabel=app\\.kubernetes\\.io/name", "nameOverride=heart", "fullnameOverride=r-holter"]),
                ("r-holter", ["serviceMonitor.enabled=true"]),
                ("watch/r-holter", ["podMonitor.enabled=true"]),
                ("above/r-holter", ["podMonitor.enabled=true", "podMonitor.namespace=above"]),
                ("ours", ["serviceMonitor.jobLabel=mine", "service.labels.mine=ours"]),
                ("r-holter", ["serviceMonitor.jobLabel=none"]),
                ("pods", ["podMonitor.enabled=auto", "podMonitor.jobLabel=mine", "podLabels.mine=pods"]),
                ("watch/r-holter", ["podMonitor.enabled=true", "podMonitor.jobLabel=none"])):
            with self.subTest(expected):
                self.assertEqual(self.alerts(*sets)["HolterAbsent"]["expr"], f'absent(up{{job="{expected}", namespace="watch"}} == 1)')

    def check(self, groups):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": groups}, file)
            done = subprocess.run(["promtool", "check", "rules", file.name], text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"{sum(len(group['rules']) for group in groups)} rules found", done.stdout)

    def test_promtool_accepts_them(self):
        self.check(self.groups(example="rules"))

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
        for name in ("selector", "groupDownRatio"):
            self.assertIn(f"/prometheusRule/thresholds/{name}", self.refusal(on, f"prometheusRule.thresholds.{name}="))
        self.assertIn("the rules cannot be read", self.refusal(on, "prometheusRule.thresholds.groupDownFor=a: b: c"))
