"""The chart as helm renders it: what the cases look at."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "holter"
TOOLS = pathlib.Path(__file__).resolve().parent / "node_modules" / ".bin"
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def run(program, *arguments, stdin=None):
    # No configuration of whoever runs this has a say.
    with tempfile.TemporaryDirectory(prefix="holter-helm-") as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": os.path.join(home, "none")}
        return subprocess.run([str(TOOLS / program), *map(str, arguments)], input=stdin, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60)


def examples():
    """The files ci/NAME-values.yaml, by name."""
    return {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}


def template(*arguments, release="r", chart=CHART):
    return run("helm", "template", release, chart, "--namespace=watch", *arguments)


class Manifests:
    """What helm renders, each by kind and name without the release's prefix."""

    def __init__(self, text):
        self.all = [manifest for manifest in yaml.load_all(text, Loader) if manifest]

    def kinds(self):
        return sorted(manifest["kind"] for manifest in self.all)

    def find(self, kind, name="r-holter"):
        found = [each for each in self.all if each["kind"] == kind and each["metadata"]["name"] == name]
        if len(found) != 1:
            names = [f"{each['kind']} {each['metadata']['name']}" for each in self.all]
            raise AssertionError(f"{len(found)} of {kind} {name} among {names}")
        return found[0]

    def text(self, suffix, key):
        """A file of the ConfigMap."""
        return self.find("ConfigMap", f"r-holter-{suffix}")["data"][key]

    def configuration(self):
        return yaml.load(self.text("config", "holter.yaml"), Loader)

    def pod(self):
        return self.find("StatefulSet")["spec"]["template"]

    def container(self):
        return self.pod()["spec"]["containers"][0]

    def volume(self, name):
        return by_name(self.pod()["spec"]["volumes"], name)

    def mounts(self):
        return {mount["name"]: mount["mountPath"] for mount in self.container()["volumeMounts"]}


def by_name(items, name):
    found = [item for item in items if item["name"] == name]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} of {name} in {items}")
    return found[0]


class ChartTest(unittest.TestCase):
    """A case: `example` names the file below ci/ whose rendering is `self.chart`."""

    example = "default"
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.chart = cls.render(example=cls.example)

    @classmethod
    def render(cls, *arguments, example="default"):
        done = template("--values", examples()[example], *cls.arguments, *arguments)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return Manifests(done.stdout)

    def refusal(self, *sets, example="default"):
        """What is said when these values are refused."""
        done = template("--values", examples()[example], *[word for value in sets for word in ("--set", value)])
        self.assertNotEqual(done.returncode, 0, f"{sets} is rendered")
        return done.stderr

    def notes(self, *sets, example="default"):
        done = run("helm", "install", "r", CHART, "--namespace=watch", "--dry-run=client", "--values", examples()[example],
                   *[word for value in sets for word in ("--set", value)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("\nNOTES:\n")[1]
