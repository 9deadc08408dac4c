#!/usr/bin/env python3
"""Rules and alerts, by promtool: what is committed is what the source gives, every alert fires when it should and not before, has a
runbook, and speaks of metrics that exist.

Usage: rules_test.py ROOT
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(sys.argv[1]).resolve()
RULES = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"
sys.path[:0] = [str(RULES), str(ROOT / "tests" / "monitoring")]

import render  # noqa: E402
import runbooks  # noqa: E402

SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def alerts_of(rules):
    return {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule}


def promtool(*arguments):
    """Exit status and all that it said."""
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class RulesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.rules = yaml.safe_load(render.render())
        self.alerts = alerts_of(self.rules)
        self.cases = yaml.safe_load((RULES / "holter.rules.test.yaml").read_text())

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    def judge(self, rules, cases):
        """What promtool says of these rules by these cases."""
        self.write("holter.rules.yaml", rules)
        return promtool("test", "rules", self.write("test.yaml", cases))

    def test_the_committed_file_is_what_the_source_gives(self):
        self.assertEqual((RULES / "holter.rules.yaml").read_text(), render.render())

    def test_promtool_takes_the_rules_with_any_threshold_and_scale(self):
        numbers = {name: "0.25" for name, value in render.default_thresholds().items() if re.fullmatch(r"[\d.]+", value)}
        for changed, scale in (({}, 1), ({}, 60), (numbers | {"selector": 'job=~"a|b", namespace="x"', "groupDownFor": "90s"}, 1)):
            status, said = promtool("check", "rules", self.write("rules.yaml", render.render(changed, scale)))
            self.assertEqual(status, 0, said)

    def test_every_threshold_has_a_use_and_no_unknown_name_is_taken(self):
        source = (RULES / "rules.yaml.in").read_text()
        self.assertEqual(set(re.findall(r"\$\{(\w+)\}", source)), set(render.default_thresholds()))
        with self.assertRaises(KeyError):
            render.render({"groupDownRatios": 1})

    def test_time_can_be_made_shorter(self):
        shorter = render.render(time_scale=60)
        self.assertIn("[5000ms]", shorter)
        self.assertNotRegex(shorter, r"\[\d+[mhd]\]")
        self.assertEqual({alert["for"] for alert in alerts_of(yaml.safe_load(shorter)).values() if "for" in alert} & {"5m", "10m", "1h"}, set())

    def test_every_alert_fires_when_it_should_and_not_before(self):
        status, said = self.judge(self.rules, self.cases)
        self.assertEqual(status, 0, said)

    def test_every_alert_has_moments_of_both_kinds(self):
        for name in self.alerts:
            moments = [moment for case in self.cases["tests"] for moment in case["alert_rule_test"] if moment["alertname"] == name]
            self.assertTrue(any(moment["exp_alerts"] for moment in moments), f"{name} has no moment at which it fires")
            self.assertTrue(any(not moment["exp_alerts"] for moment in moments), f"{name} has no moment at which it does not fire yet")

    def test_an_alert_that_fires_never_or_always_or_at_once_is_found(self):
        files = []
        recording = [group for group in self.rules["groups"] if "record" in group["rules"][0]]
        for name, good in self.alerts.items():
            changes = {"never": {"expr": "vector(0) > 1"}, "always": {"expr": "vector(1)", "for": "0s"}, "at once": {"for": "0s"}}
            if good.get("for", "0s") == "0s":
                del changes["at once"]
            for change, fields in changes.items():
                needed = recording if ":" in good["expr"] and "expr" not in fields else []  # all of them would take minutes
                groups = [*needed, {"name": "changed", "rules": [good | fields]}]
                rules = self.write(f"{name} {change} rules.yaml", {"groups": groups})
                # `never` has to be found by the moments at which it fires, the others by those at which it does not.
                own = [case | {"alert_rule_test": [moment for moment in case["alert_rule_test"] if bool(moment["exp_alerts"]) == (change == "never")]}
                       for case in self.cases["tests"] if case["name"] == name]
                order = [group["name"] for group in groups]
                files.append(self.write(f"{name} {change}.yaml",
                                        self.cases | {"rule_files": [str(rules)], "tests": own, "group_eval_order": order}))
        _, said = promtool("test", "rules", *files)
        self.assertEqual(sorted(re.findall(r"^Unit Testing: +.*/(.*\.yaml)$", said, re.MULTILINE)), sorted(file.name for file in files))
        self.assertEqual(re.findall(r"^Unit Testing: +.*/(.*)\.yaml\n +SUCCESS", said, re.MULTILINE), [], "no test says otherwise")

    def test_alerts_keep_the_conventions(self):
        for name, alert in self.alerts.items():
            with self.subTest(name):
                self.assertRegex(name, r"^Holter[A-Z][A-Za-z]+$")
                self.assertIn(alert["labels"]["severity"], ("critical", "warning", "info"))
                notes = alert["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook_url"})
                self.assertRegex(notes["summary"], r"^[A-Z][^{}]*\.$")
                self.assertTrue(notes["description"].endswith("."))
                self.assertEqual(notes["runbook_url"], f"{render.default_thresholds()['runbookBase']}/{name}.md")
                self.assertNotIn("$labels.session", notes["description"], "alerts are of groups, not of sessions")

    def test_records_say_level_metric_and_operation(self):
        for group in self.rules["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    self.assertRegex(rule["record"], r"^[a-z_]+:[a-z_]+:[a-z0-9_]+$")
                    self.assertNotRegex(rule["expr"], r"\bby\b", "without() keeps the labels of targets")

    def test_every_name_exists(self):
        expressions = [rule["expr"] for group in self.rules["groups"] for rule in group["rules"]]
        expressions += [line for _, query, line in runbooks.lines_of(RUNBOOKS) if query]
        documented = set(re.findall(r"^\| `(holter_\w+)`", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE))
        recorded = {rule["record"] for group in self.rules["groups"] for rule in group["rules"] if "record" in rule}
        for expression in expressions:
            for word in re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*", re.sub(r'"[^"]*"', "", expression)):
                if ":" in word:
                    self.assertIn(word, recorded)
                elif word.startswith("holter_"):
                    self.assertIn(re.sub(r"_(bucket|count|sum)$", "", word), documented)

    def test_every_alert_has_a_runbook_and_every_runbook_an_alert(self):
        pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
        self.assertEqual(pages, set(self.alerts))
        for name in pages:
            text = (RUNBOOKS / f"{name}.md").read_text()
            self.assertEqual(text.splitlines()[0], f"# {name}")
            self.assertEqual(re.findall(r"^## (.*)$", text, re.MULTILINE), SECTIONS, name)
            for section in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]:
                self.assertGreater(len(section.split()), 5, f"{name}: a section says nothing")

    def test_the_list_of_alerts_is_complete(self):
        lines = (RUNBOOKS / "README.md").read_text().splitlines()
        listed = {match[1]: match[2] for line in lines if (match := re.match(r"\| \[(\w+)\]\(\1\.md\) \| (\w+) \|", line))}
        self.assertEqual(listed, {name: alert["labels"]["severity"] for name, alert in self.alerts.items()})

    def test_words_of_reasons_and_paths_are_those_of_the_api(self):
        words = (ROOT / "server" / "core" / "reason.cc").read_text()
        known = set(re.findall(r'"(\w+)"', words))
        for group in self.rules["groups"]:
            for rule in group["rules"]:
                for value in re.findall(r'\b(?:reason|path)[!=]~?"([^"]+)"', rule["expr"]):
                    self.assertLessEqual(set(value.split("|")), known)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
