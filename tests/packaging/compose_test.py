#!/usr/bin/env python3
"""deploy/compose.yaml: as docker-compose reads it, every file that it mounts, and its holterd and peer as they run. There is no
registry here, so Prometheus and Grafana are not run: what they are given is checked by itself.

Usage: compose_test.py ROOT FOLDER
"""
import json
import pathlib
import sys

import podman
import yaml
from podman import Fault, await_that

NETWORK = "holter-compose"
HEALTHY, DOWN = {"feed-1", "feed-2", "slow-1"}, {"refused-1"}


def expect(condition, what):
    if not condition:
        raise Fault(what)


class ComposeTest:
    def __init__(self):
        self.root = pathlib.Path(sys.argv[1]).resolve()
        self.podman = podman.Podman(sys.argv[2])
        read = podman.run(["docker-compose", "--file", self.root / "deploy/compose.yaml", "config"])
        self.services = yaml.safe_load(read.stdout)["services"]

    def mounts(self, service):
        """Paths in the container to what is mounted there: (source, whether it is a volume)."""
        mounts = {}
        for each in self.services[service].get("volumes", []):
            if isinstance(each, str):
                source, target = each.split(":")[:2]
            else:
                source, target = each["source"], each["target"]
            mounts[target] = source
        return mounts

    def names_what_is_there(self):
        expect(set(self.services) == {"holterd", "demo-peer", "prometheus", "grafana"}, f"services: {set(self.services)}")
        files = 0
        for name, service in self.services.items():
            for source in self.mounts(name).values():
                if source.startswith("/"):
                    files += 1
                    expect(pathlib.Path(source).exists(), f"{name} mounts {source}, which is not there")
            for port in service.get("ports", []):
                published = port if isinstance(port, str) else port.get("host_ip", "")
                expect(published.startswith("127.0.0.1"), f"{name} is open to others: {port}")
        expect(files >= 6, f"files that are mounted: {files}")

    def prometheus_is_told_right(self):
        """The rules are for the job and at the place that the configuration names."""
        mounts = self.mounts("prometheus")
        config = yaml.safe_load(pathlib.Path(mounts["/etc/prometheus/prometheus.yml"]).read_text())
        job = config["scrape_configs"][0]
        expect(job["static_configs"][0]["targets"] == ["holterd:7601"], f"targets: {job}")
        rules = [source for target, source in mounts.items() if pathlib.PurePath(target).match(config["rule_files"][0])]
        expect(len(rules) == 1 and f'job="{job["job_name"]}"' in pathlib.Path(rules[0]).read_text(), f"rules: {rules}")
        config["rule_files"] = rules
        here = self.podman.folder / "prometheus.yml"
        here.write_text(yaml.safe_dump(config))
        podman.run(["promtool", "check", "config", here])

    def grafana_is_told_right(self):
        mounts = self.mounts("grafana")
        provisioning = pathlib.Path(mounts["/etc/grafana/provisioning"])
        provider = yaml.safe_load((provisioning / "dashboards/holter.yaml").read_text())["providers"][0]
        boards = pathlib.Path(mounts[provider["options"]["path"]])
        expect(len(list(boards.glob("*.json"))) >= 5, f"dashboards below {boards}")
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        expect((boards / pathlib.PurePath(home).name).exists(), home)
        sources = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())["datasources"]
        expect(sources[0]["url"] == "http://prometheus:9090", f"data sources: {sources}")

    def start(self, name, image):
        """A service with the settings that it has there, but for its ports."""
        service = self.services[name]
        flags = [f"--env={key}={value}" for key, value in service.get("environment", {}).items()]
        flags += [f"--volume={source}:{target}" + (":ro" if source.startswith("/") else "") for target, source in self.mounts(name).items()]
        flags += [f"--cap-drop={each}" for each in service["cap_drop"]]
        flags += [f"--security-opt={each.replace(':true', '')}" for each in service["security_opt"]]
        flags += ["--read-only", "--read-only-tmpfs=false"] if service["read_only"] else []
        self.podman("run", "--detach", f"--name={name}", f"--network={NETWORK}", *flags, image)

    def sessions(self):
        listed = self.podman("exec", "holterd", "holter", "list", "-o", "json", check=False)
        if listed.returncode != 0:
            return {}
        return {each["name"].split("/")[-1]: each["status"].get("health", "") for each in json.loads(listed.stdout).get("sessions", [])}

    def shows_its_sessions(self):
        self.podman("network", "create", NETWORK)
        self.start("demo-peer", podman.PEER_IMAGE)
        self.start("holterd", podman.IMAGE)

        def as_it_should():
            health = self.sessions()
            return all(health.get(each) == "HEALTH_HEALTHY" for each in HEALTHY) and all(health.get(each) == "HEALTH_DOWN" for each in DOWN)

        try:
            await_that(as_it_should, "the demo's sessions")
        except Fault as fault:
            raise Fault(f"{fault}: {self.sessions()}\n{self.podman('logs', 'holterd', check=False).stderr}") from fault
        self.podman("healthcheck", "run", "holterd")

    def run(self):
        self.names_what_is_there()
        self.prometheus_is_told_right()
        self.grafana_is_told_right()
        self.podman.clean()
        try:
            self.shows_its_sessions()
        finally:
            self.podman.clean()


podman.main(lambda: ComposeTest().run())
