#!/usr/bin/env python3
"""The schemas of Kubernetes and of the operators accept what helm renders of every file in ci/, and lint finds nothing."""
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile
import unittest

from chart import CHART, Manifests, examples, run, template

HERE = pathlib.Path(__file__).resolve().parent
APIS = "--api-versions=monitoring.coreos.com/v1/PodMonitor"


def faults(judged):
    done = subprocess.run(["node", HERE / "manifests.mjs"], input=json.dumps(judged), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


class ManifestsTest(unittest.TestCase):
    def test_every_file_renders_what_the_schemas_accept(self):
        judged = []
        for name, path in examples().items():
            done = template("--values", path, APIS)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")
            judged += [{"source": name, "manifest": manifest} for manifest in Manifests(done.stdout).all]
        self.assertGreater(len(judged), 5 * len(examples()))
        self.assertEqual(faults(judged), [])

    def test_a_package_renders_the_same(self):
        values = ("--values", examples()["dashboards"], "--set=prometheusRule.enabled=true")
        with tempfile.TemporaryDirectory() as folder:
            done = run("helm", "package", CHART, "--destination", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            package, = pathlib.Path(folder).iterdir()
            rendered = run("helm", "template", "r", package, "--namespace=watch", *values)
            with tarfile.open(package) as archive:
                names = archive.getnames()
        self.assertEqual(rendered.stdout, template(*values).stdout)
        self.assertGreater(len(rendered.stdout), 100_000)
        self.assertIn("holter/README.md", names)
        self.assertEqual([name for name in names if name.startswith("holter/ci/")], [])

    def test_the_least_kubernetes_is_enough(self):
        self.assertEqual(template("--kube-version=1.25.0").returncode, 0)
        self.assertIn("requires kubeVersion", template("--kube-version=1.24.9").stderr)

    def test_lint_finds_nothing(self):
        for name, path in examples().items():
            done = run("helm", "lint", "--strict", CHART, "--values", path)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")


def stateful_set(**container):
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a"}, "spec": {
        "serviceName": "a", "selector": {}, "template": {"spec": {"containers": [{"name": "a", **container}]}}}}


class JudgeTest(unittest.TestCase):
    """The judge finds each kind of fault."""

    CASES = [
        ("good", stateful_set(image="a"), None),
        ("unknown-field", stateful_set(imagePolicy="Always"), "StatefulSet a: .*imagePolicy"),
        ("wrong-type", stateful_set(image=1), "containers/0/image must be string"),
        ("missing", stateful_set(ports=[{"name": "a"}]), "must have required property"),
        ("operator", {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "a"},
                      "spec": {"selector": {}, "endpoints": [{"port": 1}]}}, "endpoints/0/port must be string"),
        ("grafana", {"apiVersion": "grafana.integreatly.org/v1beta1", "kind": "GrafanaDashboard", "metadata": {"name": "a"},
                     "spec": {"instanceSelector": {}, "jsn": ""}}, "jsn"),
    ]

    def test_each_fault_is_found(self):
        found = faults([{"source": source, "manifest": manifest} for source, manifest, _ in self.CASES])
        for source, _, expected in self.CASES:
            of_source = [line for line in found if line.startswith(f"{source}: ")]
            if expected is None:
                self.assertEqual(of_source, [])
            else:
                self.assertTrue(any(re.search(expected, line) for line in of_source), f"{source}: {of_source}")

    def test_an_unknown_kind_is_found(self):
        found = faults([{"source": "here", "manifest": {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}}])
        self.assertIn("no schema for example.org/v1", found[0])


if __name__ == "__main__":
    unittest.main()
