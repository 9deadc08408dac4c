"""values.yaml, its schema and README.md say the same."""
import json
import re
import subprocess

import yaml

from chart import CHART, ROOT, ChartTest, Loader, Manifests, run, template

VALUES = yaml.load((CHART / "values.yaml").read_text(), Loader)
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# For charts that have this one as a dependency.
HANDED_DOWN = {"global", "enabled"}


def resolved(schema):
    return SCHEMA["definitions"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema


def differences(values, schema, path=""):
    """Paths that one of them has and the other has not, and maps that take anything although their keys are known."""
    schema = resolved(schema)
    if "properties" not in schema or schema.get("additionalProperties") is not False or not isinstance(values, dict):
        return []
    known = set(schema["properties"]) - (HANDED_DOWN if not path else set())
    # Of `config`, `policy` and the like values.yaml lists what it sets.
    listed = set(values) if values and path not in (".config",) else known
    found = [f"{path}.{key}" for key in known ^ listed if values]
    return found + [each for key in set(values) & known for each in differences(values[key], schema["properties"][key], f"{path}.{key}")]


def leaves(values, path=""):
    for key, value in values.items():
        name = f"{path}.{key}" if path else key
        yield name, value
        if isinstance(value, dict):
            yield from leaves(value, name)


class ValuesTest(ChartTest):
    def test_the_schema_knows_all_values_and_no_others(self):
        self.assertEqual(differences(VALUES, SCHEMA), [])
        self.assertEqual(differences({**VALUES, "bogus": 1, "grpc": {}, "image": {"tag": ""}}, SCHEMA)[:1], [".bogus"])

    def test_readme_is_fresh(self):
        done = subprocess.run(["node", ROOT / "deploy" / "helm" / "readme.mjs", "--check"], text=True, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_shipped_is_fresh(self):
        done = subprocess.run([ROOT / "deploy" / "helm" / "copy_files.sh", "--check"], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_is_taken_away_is_as_if_it_were_empty(self):
        everything = ["grpc.insecure=true", "networkPolicy.enabled=true", "serviceMonitor.enabled=true", "prometheusRule.enabled=true",
                      "dashboards.enabled=true", "dashboards.grafanaOperator.enabled=true", "podDisruptionBudget.enabled=true"]
        nothing = [f"{name}=null" for name, value in leaves(VALUES) if value in ({}, [], "")]
        self.assertGreater(len(nothing), 50)
        done = template(*[word for value in everything + nothing for word in ("--set", value)])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_examples_of_the_readme_render(self):
        blocks = re.findall(r"^```yaml\n(.*?)^```$", (CHART / "README.md").read_text(), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 2)
        for block in blocks:
            done = run("helm", "template", "r", CHART, "--values=-", stdin=block)
            self.assertEqual(done.returncode, 0, f"{done.stderr} in\n{block}")

    def test_secrets_of_the_readme_have_the_keys_that_its_values_name(self):
        readme = (CHART / "README.md").read_text()
        made = {}
        for kind, name, options in re.findall(r"create secret (generic|tls) (\S+) (.*?)(?: +#.*)?$", readme.replace("\\\n", " "), re.MULTILINE):
            files = re.findall(r"--from-file=([^\s=]+)", options)
            made[name] = {"tls.crt", "tls.key"} if kind == "tls" else {path.split("/")[-1] for path in files}
        self.assertEqual(set(made), {"holter-tls", "holter-tokens"})
        block, = [block for block in re.findall(r"^```yaml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL) if "holter-tls" in block]
        done = run("helm", "template", "r", CHART, "--values=-", stdin=block)
        self.assertEqual(done.returncode, 0, done.stderr)
        used = {}
        for volume in Manifests(done.stdout).pod()["spec"]["volumes"] + Manifests(done.stdout).find("Pod", "r-holter-test")["spec"]["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                if "secret" in source:
                    keys = {item["key"] for item in source["secret"]["items"]}
                    used[source["secret"]["name"]] = used.get(source["secret"]["name"], set()) | keys
        self.assertEqual(used, made)

    def test_the_chart_s_version_is_that_of_the_program(self):
        version = re.search(r"project\(holter VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        chart = yaml.load((CHART / "Chart.yaml").read_text(), Loader)
        self.assertEqual(chart["appVersion"], version)
        self.assertIn(f"image: holter:{version}", chart["annotations"]["artifacthub.io/images"])
