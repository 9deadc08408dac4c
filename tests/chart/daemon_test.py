#!/usr/bin/env python3
"""holterd accepts what the chart tells it, and serves as its pod would; `helm test`'s pod finds the API. Usage: daemon_test.py HOLTERD HOLTER"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

from chart import CHART, Loader, Manifests, examples, template
from pod_files import PodFiles, Secrets, declared, session_of

HOLTERD, HOLTER = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
PATIENCE = 60  # seconds; every wait ends as soon as it may

# Flags that other values of the chart stand for, and those that are for the command line.
OWN = set("""help version config check-config ports-file grpc-listen http-listen insecure insecure-http grpc-tls-cert grpc-tls-key
    grpc-client-ca policy-file access-file audit-log store data-dir backup-dir sessions-dir secrets-dir stop-timeout check-store
    repair-store restore-store""".split())


def clean_environment(**more):
    return {"PATH": os.environ["PATH"], **more}


class DaemonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="holter-secrets-")
        cls.addClassCleanup(folder.cleanup)
        cls.secrets = Secrets(pathlib.Path(folder.name))

    def files(self, example):
        folder = tempfile.TemporaryDirectory(prefix="holter-pod-")
        self.addCleanup(folder.cleanup)
        done = template("--values", examples()[example], "--set=fullnameOverride=", "--set=nameOverride=", "--set=namespaceOverride=")
        self.assertEqual(done.returncode, 0, done.stderr)
        return PodFiles(Manifests(done.stdout), folder.name, self.secrets)

    def start(self, files):
        """holterd as the pod would start it, but on free ports of loopback; the addresses."""
        ports = files.root / "ports.json"
        environment = clean_environment(HOLTER_GRPC_LISTEN="127.0.0.1:0", HOLTER_HTTP_LISTEN="127.0.0.1:0", HOLTER_PORTS_FILE=str(ports))
        with open(files.root / "log", "wb") as log:
            child = subprocess.Popen([HOLTERD, *files.arguments()], env=environment, stdout=log, stderr=log)
        self.addCleanup(self.end, child)
        end = time.monotonic() + PATIENCE
        while not ports.exists():
            self.assertIsNone(child.poll(), (files.root / "log").read_text())
            self.assertLess(time.monotonic(), end, "holterd does not serve")
            time.sleep(0.02)
        return child, json.loads(ports.read_text())

    @staticmethod
    def end(child):
        if child.poll() is None:
            child.kill()
        child.wait()

    def call(self, *arguments):
        done = subprocess.run([HOLTER, *arguments], env=clean_environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}")
        return done.stdout

    def test_every_file_of_ci_is_a_configuration(self):
        for example in examples():
            with self.subTest(example):
                files = self.files(example)
                done = subprocess.run([HOLTERD, *files.arguments(), "--check-config"], env=clean_environment(), text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=PATIENCE)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_sessions_of_values_are_held(self):
        files = self.files("sessions")
        _, ports = self.start(files)
        listed = yaml.load(self.call("--server", ports["grpc"], "--tenant=-", "list", "-o", "yaml"), Loader)
        names = {session["name"] for session in listed["sessions"]}
        # Those of every map, although the maps of others have the same key.
        self.assertEqual(names, declared(files.chart) | {session_of("sessions-of-others"), session_of("sessions.of.more")})
        self.assertEqual(len(names), 5)

    def test_the_test_pod_finds_the_api(self):
        for example in ("insecure", "tls", "client-certificates"):
            with self.subTest(example), tempfile.TemporaryDirectory() as folder:
                files = self.files(example)
                _, ports = self.start(files)
                arguments = files.test_arguments(pathlib.Path(folder))
                self.assertTrue(arguments[0].startswith("--server="))
                self.assertIn("sessions 0", self.call(f"--server={ports['grpc']}", *arguments[1:]))

    def test_it_stops_within_the_grace(self):
        files = self.files("default")
        child, _ = self.start(files)
        begin = time.monotonic()
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(PATIENCE), 0)
        pod = files.chart.pod()["spec"]
        self.assertLess(time.monotonic() - begin, pod["terminationGracePeriodSeconds"] - 5)

    def test_the_schema_has_the_keys_that_holterd_has(self):
        usage = subprocess.run([HOLTERD, "--help"], env=clean_environment(), text=True, stdout=subprocess.PIPE, check=True).stdout
        flags = set(re.findall(r"^ +(?:-\w,)?--([a-z-]+)", usage, re.MULTILINE))
        self.assertLessEqual(OWN, flags)
        schema = json.loads((CHART / "values.schema.json").read_text())
        self.assertEqual(set(schema["properties"]["config"]["properties"]), flags - OWN)

    def test_ports_and_paths_are_holterd_s(self):
        values = yaml.load((CHART / "values.yaml").read_text(), Loader)
        usage = subprocess.run([HOLTERD, "--help"], env=clean_environment(), text=True, stdout=subprocess.PIPE, check=True).stdout
        self.assertIn(f"127.0.0.1:{values['service']['grpc']['port']}", usage)
        self.assertIn(f"127.0.0.1:{values['service']['http']['port']}", usage)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
