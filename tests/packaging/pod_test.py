#!/usr/bin/env python3
"""The pod of the chart, as `helm template` prints it: podman plays it, with our image, and it holds sessions against a peer in another
container.

Usage: pod_test.py ROOT BUILD HELM FOLDER
"""
import io
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

import pod_manifests
import podman
import yaml
from podman import Fault, await_that

NETWORK = "holter-test"
HEARTBEAT = {"interval": "500ms", "timeout": "2s"}
FEED = "ws://demo-peer:9001/healthy"


def sessions_of(map_name, session):
    """A ConfigMap whose only key is that of every other."""
    declared = {"sessions": [{"name": f"tenants/default/sessions/{session}", "spec": {"url": FEED, "protocol_heartbeat": HEARTBEAT}}]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": map_name}, "data": {"sessions.yaml": yaml.safe_dump(declared)}}


VALUES = {
    "image": {"repository": "localhost/holter", "tag": "test"},
    "grpc": {"insecure": True},
    "policy": {"egress": {"allow": [{"host": "demo-peer", "ports": [9001]}]}},
    "sessions": {"feed-file": {"spec": {"url": FEED, "protocol_heartbeat": HEARTBEAT}}},
    "sessionConfigMaps": ["team.a", "team.b"],
    "extraObjects": [sessions_of("team.a", "feed-a"), sessions_of("team.b", "feed-b")],
}
DECLARED = {"sessions": [{"name": "feed-api", "spec": {"url": FEED, "protocol_heartbeat": HEARTBEAT}}]}


def expect(condition, what):
    if not condition:
        raise Fault(what)


class PodTest:
    def __init__(self):
        self.root, self.build, self.helm = (pathlib.Path(each) for each in sys.argv[1:4])
        self.podman = podman.Podman(sys.argv[4])

    def render(self):
        values = self.podman.folder / "values.yaml"
        values.write_text(yaml.safe_dump(VALUES))
        printed = podman.run([self.helm, "template", "pulse", self.root / "deploy/helm/holter", "--values", values]).stdout
        documents = [each for each in yaml.safe_load_all(io.StringIO(printed)) if each]
        # Before the conversion, which takes out what podman has not.
        template = next(each for each in documents if each["kind"] == "StatefulSet")["spec"]["template"]["spec"]
        container = json.loads(json.dumps(template["containers"][0]))
        self.grace = template["terminationGracePeriodSeconds"]
        self.before_stop = container["lifecycle"]["preStop"]["exec"]["command"]
        self.probes = {container[each]["httpGet"]["path"] for each in ("livenessProbe", "readinessProbe")}
        self.hook = next(each for each in documents if "helm.sh/hook" in each["metadata"].get("annotations", {}))
        played, notes = pod_manifests.convert(documents)
        print(f"podman plays without: {', '.join(notes)}")
        self.pod = played[-1]["metadata"]["name"]
        self.container = f"{self.pod}-{container['name']}"
        manifests = self.podman.folder / "pod.yaml"
        manifests.write_text(yaml.safe_dump_all(played, sort_keys=False))
        return manifests

    def holter(self, *arguments, **options):
        return podman.run([self.build / "holter", f"--server={self.address}:7600", *arguments], **options)

    def is_up(self):
        """Podman 4.3 stops a pod that it played once its containers have ended, also in the middle of a restart: then it is started."""
        if self.podman("pod", "inspect", self.pod, "--format={{.State}}").stdout.strip() != "Running":
            self.podman("pod", "start", self.pod, check=False)
        self.address = self.podman.pod_address(self.pod)
        return self.address and self.holter("health", "--deadline=2s", check=False).returncode == 0

    def await_sessions(self):
        """All are there and answered: those of the values, of two ConfigMaps with the same key, and of the API."""
        wait = ("wait", "feed-file", "feed-a", "feed-b", "feed-api", "--for=health=HEALTHY", "--timeout=5s")
        await_that(lambda: self.is_up() and self.holter(*wait, check=False).returncode == 0, "sessions that are healthy")

    def http(self, path):
        try:
            return urllib.request.urlopen(f"http://{self.address}:7601{path}", timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code

    def uid_of(self, name):
        return json.loads(self.holter("get", name, "-o", "json").stdout)["uid"]

    def starts(self):
        self.podman("network", "create", NETWORK)
        self.podman("run", "--detach", "--name=demo-peer", f"--network={NETWORK}", "--read-only", "--cap-drop=all", podman.PEER_IMAGE)
        self.podman("kube", "play", f"--network={NETWORK}", self.render())
        self.address = self.podman.pod_address(self.pod)
        health = ("exec", self.container, "holter", "health")
        await_that(lambda: self.podman(*health, check=False).returncode == 0, "gRPC health inside")
        expect(self.podman(*health).stdout.strip() == "SERVING", "what health says")

    def is_shut_in(self):
        status = self.podman("exec", self.container, "cat", "/proc/1/status").stdout
        expect("CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, f"powers of the container:\n{status}")
        expect("Uid:\t65532" in status, "its user")
        expect(self.podman("exec", self.container, "touch", "/usr/x", check=False).returncode != 0, "its root file system is writable")

    def holds_sessions(self):
        self.holter("apply", "-f", "-", input=yaml.safe_dump(DECLARED))
        self.await_sessions()
        expect(len(self.probes) == 2, f"probes: {self.probes}")
        for path in self.probes:
            expect(self.http(path) == 200, f"{path} of the chart's probes: {self.http(path)}")

    def passes_helm_test(self):
        """The pod of `helm test`, which finds the Service by its name."""
        container = self.hook["spec"]["containers"][0]
        host = next(each for each in container["args"] if each.startswith("--server=")).removeprefix("--server=").split(":")[0]
        run = ("run", "--rm", f"--network={NETWORK}", "--read-only", "--cap-drop=all", f"--entrypoint={container['command'][0]}")
        self.podman(*run, f"--add-host={host}:{self.address}", container["image"], *container["args"])
        wrong = self.podman(*run, f"--add-host={host}:127.0.0.1", container["image"], *container["args"], "--deadline=1s", check=False)
        expect(wrong.returncode != 0, "helm test passes without a server")

    def started(self):
        return self.podman.inspect(self.container)["State"]["StartedAt"]

    def survives_a_restart(self):
        uid, started = self.uid_of("feed-api"), self.started()
        self.podman("pod", "restart", self.pod)
        self.await_sessions()
        expect(self.started() != started, "it was not restarted")
        expect(self.uid_of("feed-api") == uid, "another session has the name")

    def stops_within_its_grace(self):
        began = time.monotonic()
        self.podman("exec", self.container, *self.before_stop)
        self.podman("pod", "stop", f"--time={self.grace}", self.pod, timeout=self.grace + 10)
        took = time.monotonic() - began
        state = self.podman.inspect(self.container)["State"]
        print(f"stopped {took:.1f} s after it was told to, of {self.grace} s")
        expect(state["ExitCode"] == 0 and not state["OOMKilled"], f"exit status {state['ExitCode']}")
        expect(took < self.grace - 5, f"stopping took {took:.1f} s of {self.grace} s")

    def run(self):
        self.podman.clean()
        try:
            self.starts()
            self.is_shut_in()
            self.holds_sessions()
            self.passes_helm_test()
            self.survives_a_restart()
            self.stops_within_its_grace()
        except Fault:
            print(self.podman("logs", self.container, check=False).stdout)
            raise
        finally:
            self.podman.clean()


podman.main(lambda: PodTest().run())
