"""The files of a rendered pod, laid out below a folder, with secrets made for the test; and holterd as the pod would start it."""
import hashlib
import pathlib
import re
import subprocess

import yaml

from chart import Loader

TOKEN = "a-token-of-the-test-0123456789"
ACCESS = f"identities: [{{name: tester, tokens: [{{sha256: {hashlib.sha256(TOKEN.encode()).hexdigest()}}}]}}]\ntenants: {{'*': {{grants: {{tester: viewer}}}}}}\n"
OTHERS = "others.yaml"  # the key of every ConfigMap that the chart does not make


def session_of(name):
    """The session that the ConfigMap of this name declares, if the chart does not make it."""
    return f"tenants/default/sessions/{name.replace('.', '-')}"


def sessions_of(name):
    return f"sessions: [{{name: {session_of(name)}, spec: {{url: 'wss://others.example.org/'}}}}]\n"


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Secrets:
    """Contents of whatever secrets and ConfigMaps a chart names that it does not make, by the path that it gives them."""

    def __init__(self, folder):
        names = "subjectAltName=DNS:holter.example.org,DNS:r-holter.watch.svc"
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl(folder, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", "-days", "2")
        openssl(folder, "req", "-x509", *new_key, "-keyout", "tls.key", "-out", "tls.crt", "-subj", "/CN=holter", "-days", "2",
                "-addext", names, "-CA", "ca.crt", "-CAkey", "ca.key")
        authority = (folder / "ca.crt").read_text()
        self.contents = {"tls.crt": (folder / "tls.crt").read_text(), "tls.key": (folder / "tls.key").read_text(),
                         "ca.crt": authority, "client-ca.crt": authority, "access.yaml": ACCESS}

    def content(self, path):
        return self.contents.get(path, TOKEN)


class PodFiles:
    """`root` stands for the container's file system."""

    def __init__(self, chart, root, secrets):
        self.chart, self.root, self.secrets = chart, pathlib.Path(root), secrets
        for name, mount in chart.mounts().items():
            folder = self.below(mount)
            folder.mkdir(parents=True, exist_ok=True)
            volume = {"emptyDir": {}} if name == "data" else chart.volume(name)
            self.fill(folder, volume)

    def below(self, path):
        return self.root / path.lstrip("/")

    def translated(self, text):
        """With the container's paths as they are here."""
        return re.sub(r"(?<![\w/])/(?:etc|var)/", f"{self.root}\\g<0>", text)

    def write(self, folder, path, text):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(self.translated(text))

    def fill(self, folder, volume):
        for source in volume.get("projected", {}).get("sources", [volume]):
            if "configMap" in source:
                self.fill_from_config_map(folder, source["configMap"]["name"])
            if "secret" in source:
                for item in source["secret"].get("items", [{"path": "token"}]):
                    self.write(folder, item["path"], self.secrets.content(item["path"]))

    def fill_from_config_map(self, folder, name):
        made = [each for each in self.chart.all if each["kind"] == "ConfigMap" and each["metadata"]["name"] == name]
        for key, text in (made[0]["data"] if made else {OTHERS: sessions_of(name)}).items():
            self.write(folder, key, text)

    def arguments(self):
        return [self.translated(argument) for argument in self.chart.container()["args"]]

    def test_arguments(self, folder):
        """Those of the pod of `helm test`, whose files are laid out below `folder`."""
        spec = self.chart.find("Pod", "r-holter-test")["spec"]
        for volume in spec.get("volumes", []):
            self.fill(folder, volume)
        return [argument.replace("/etc/holter/test", str(folder)) for argument in spec["containers"][0]["args"]]


def declared(chart):
    """Names of the sessions of the chart's own ConfigMap."""
    for each in chart.all:
        if each["kind"] == "ConfigMap" and each["metadata"]["name"] == "r-holter-sessions":
            return {session["name"] for text in each["data"].values() for session in yaml.load(text, Loader)["sessions"]}
    return set()
