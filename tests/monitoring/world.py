"""What a test of the monitoring is made of: a real holterd, real peers, a real Prometheus, and everything ends with the block.

  with World(root, holterd, holter) as world:
      daemon = world.start_holterd("one")
      prometheus = world.start_prometheus(rules_text, {"one": daemon.http})
      prometheus.await_answer('up{job="holter"} == 1')

A script calls enter_namespace() before all else: it then runs in a network namespace of its own, where no port is anybody else's.
"""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

PATIENCE = 60  # seconds; every wait ends as soon as it may
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's websockets, whatever comes first in PATH
HERE = pathlib.Path(__file__).resolve().parent
MARK = "HOLTER_TEST_NAMESPACE"


class Fault(Exception):
    """Something did not come up, or not to pass."""


def await_that(condition, what, patience=PATIENCE):
    """The first true answer of `condition`."""
    end = time.monotonic() + patience
    while not (answer := condition()):
        if time.monotonic() > end:
            raise Fault(f"{what() if callable(what) else what}: nothing within {patience} s")
        time.sleep(0.05)
    return answer


def enter_namespace():
    """Runs the calling script again in a network and mount namespace of its own; comes back there. False: this machine allows none."""
    if MARK not in os.environ:
        argv = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        if subprocess.run([*argv, "true"], check=False).returncode == 0:
            os.environ[MARK] = "own"
            os.execvp(argv[0], [*argv, sys.executable, *sys.argv])
        os.environ[MARK] = "none"
    if os.environ[MARK] == "own":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return os.environ[MARK] == "own"


class Child:
    """A program whose output goes to a file, and that takes commands as lines on stdin."""

    def __init__(self, argv, log, environment=None):
        self.log = pathlib.Path(log)
        with open(log, "wb") as output:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, argv)], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT,
                                            env=os.environ | (environment or {}), text=True)
        self.pid = self.process.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self.process.poll() is None

    def await_output(self, word):
        await_that(lambda: word in self.output() or not self.running(), lambda: f"{word} of {self.process.args}")
        if word not in self.output():
            raise Fault(f"{self.process.args} ends: {self.output()}")

    def port(self):
        self.await_output("PORT=")
        return int(self.output().split("PORT=", 1)[1].split()[0])

    def tell(self, line):
        """One command; comes back when it is done."""
        before = self.output().count("done\n")
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        await_that(lambda: self.output().count("done\n") > before or not self.running(), f"an answer to {line}")
        if not self.running():
            raise Fault(f"{self.process.args} ends: {self.output()}")

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process.stdin.close()


class Authority:
    """A CA and the certificates that it signs, made by openssl."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        self.certificate = self.folder / f"{name}.pem"
        self._key = self.folder / f"{name}-key.pem"
        self._openssl("req", "-x509", *self._new_key(self._key), "-days", "3650", "-subj", f"/CN=Holter test CA {name}", "-out", self.certificate)

    def issue(self, name, days):
        """Paths of a certificate for 127.0.0.1 and of its key."""
        key, request, certificate = (self.folder / f"{self.name}-{name}{end}" for end in ("-key.pem", "-request.pem", ".pem"))
        names = self.folder / "names.cnf"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self._openssl("req", *self._new_key(key), "-subj", f"/CN={name}", "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", str(days),
                      "-extfile", names, "-out", certificate)
        return certificate, key

    @staticmethod
    def _new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Fault(f"openssl {arguments[0]}: {done.stderr}")


class Holterd:
    """A daemon with TLS, an access file, a policy, an audit log and every series: whatever it can export has a reason to be there."""

    POLICY = "egress: {allow: [{network: 10.99.0.0/24}]}\ntenants: {small: {quotas: {sessions: 10, watches: 10}}}\n"
    ACCESS = 'identities: [{name: operator, tokens: [{file: token}]}]\ntenants: {"*": {grants: {operator: admin}}}\n'

    def __init__(self, world, name, flags=(), launcher=(), audit_log=None, data_dir=None, listener_days=365):
        self.world, self.name, self.launcher = world, name, list(launcher)
        self.folder = world.scratch / name
        for folder in (self.folder, self.folder / "secrets" / "authority"):
            folder.mkdir(parents=True)
        self.policy, self.access, self.token = self.folder / "policy.yaml", self.folder / "access.yaml", self.folder / "token"
        self.policy.write_text(self.POLICY)
        self.access.write_text(self.ACCESS)
        self.token.write_text("a-token-of-the-test-of-the-monitoring")
        (self.folder / "secrets" / "authority" / "ca").write_bytes(world.authority.certificate.read_bytes())
        certificate, key = world.authority.issue(f"{name}-listener", listener_days)
        self.data_dir = data_dir or self.folder / "data"
        self.flags = ["--session-series=full", f"--data-dir={self.data_dir}", f"--secrets-dir={self.folder / 'secrets'}",
                      f"--policy-file={self.policy}", f"--access-file={self.access}", f"--grpc-tls-cert={certificate}", f"--grpc-tls-key={key}",
                      f"--audit-log={audit_log or self.folder / 'audit.log'}", f"--ports-file={self.folder / 'ports.json'}", *flags]
        self.grpc = self.http = "127.0.0.1:0"
        self.starts = self.started = 0
        self.child = None
        self.start()

    def start(self):
        """Starts it, or starts it again on the same ports."""
        ports = self.folder / "ports.json"
        ports.unlink(missing_ok=True)
        self.starts += 1
        self.started = time.time()
        listeners = [f"--grpc-listen={self.grpc}", f"--http-listen={self.http}"]
        self.child = self.world.start([*self.launcher, self.world.holterd, *listeners, *self.flags], f"{self.name}-{self.starts}")
        await_that(lambda: (ports.exists() and ports.read_text().endswith("}\n")) or not self.child.running(), f"holterd {self.name}")
        if not self.child.running():
            raise Fault(f"holterd {self.name} ends: {self.child.output()}")
        bound = json.loads(ports.read_text())
        self.grpc, self.http = bound["grpc"], bound["http"]

    def holter(self, *arguments, text="", good=True):
        """What a call of the command line prints."""
        environment = os.environ | {"HOLTER_SERVER": self.grpc, "HOLTER_CA": str(self.world.authority.certificate),
                                    "HOLTER_TOKEN_FILE": str(self.token)}
        done = subprocess.run([str(self.world.holter), *arguments], env=environment, input=text, text=True, timeout=PATIENCE,
                              capture_output=True, check=False)
        if good and done.returncode != 0:
            raise Fault(f"holter {' '.join(arguments)} exits with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def declare(self, sessions):
        """`sessions` as the YAML of `holter apply` has them; JSON is YAML."""
        self.holter("apply", "-f", "-", text=json.dumps({"sessions": sessions}))

    def page(self):
        return fetch(self.http, "/metrics")


def fetch(address, path):
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 200:
        raise Fault(f"{address}{path} answers {answer.status}: {body[:300]}")
    return body


def listening_port(pid):
    """The port that a process of its own choice listens on, found out from the kernel; None while there is none."""
    inodes = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return int(fields[1].rsplit(":", 1)[1], 16)
    return None


class Prometheus:
    """Debian's, on a port that the kernel chose."""

    def __init__(self, world, rules, targets, interval):
        folder = world.scratch / "prometheus"
        folder.mkdir()
        self._targets = folder / "targets.json"
        self.watch(targets)
        (folder / "holter.rules.yaml").write_text(rules)
        config = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": [str(folder / "holter.rules.yaml")],
            "scrape_configs": [{"job_name": "holter", "file_sd_configs": [{"files": [str(self._targets)], "refresh_interval": "1s"}]}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        self.child = world.start(["prometheus", f"--config.file={folder / 'prometheus.yml'}", "--web.listen-address=127.0.0.1:0",
                                  f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=warn"], "prometheus-log")
        port = await_that(lambda: not self.child.running() or listening_port(self.child.pid), "prometheus")
        if not self.child.running():
            raise Fault(f"prometheus ends: {self.child.output()}")
        self.address = f"127.0.0.1:{port}"
        await_that(self._ready, "prometheus")

    def watch(self, targets):
        """Scrapes these, {instance: address}, in place of those before."""
        text = json.dumps([{"targets": [address], "labels": {"instance": instance}} for instance, address in targets.items()])
        fresh = self._targets.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self._targets)

    def query(self, expression):
        """[(labels, value)] at this moment."""
        answer = json.loads(fetch(self.address, "/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
        result = answer["data"]["result"]
        if answer["data"]["resultType"] == "scalar":
            return [({}, float(result[1]))]
        return [(sample["metric"], float(sample["value"][1])) for sample in result]

    def await_answer(self, expression, patience=PATIENCE):
        return await_that(lambda: self.query(expression), expression, patience)

    def alerts(self):
        """[(name, labels, state)] that are pending or firing now."""
        found = json.loads(fetch(self.address, "/api/v1/alerts"))["data"]["alerts"]
        return [(alert["labels"]["alertname"], alert["labels"], alert["state"]) for alert in found]

    def rule_faults(self):
        groups = json.loads(fetch(self.address, "/api/v1/rules"))["data"]["groups"]
        return [f"{rule['name']}: {rule['lastError']}" for group in groups for rule in group["rules"] if rule.get("lastError")]

    def _ready(self):
        try:
            return fetch(self.address, "/-/ready")
        except (Fault, OSError):
            return False


class World:
    """A scratch folder, an authority, and programs that end with it."""

    def __init__(self, root, holterd, holter):
        self.root, self.holterd, self.holter = (pathlib.Path(path).resolve() for path in (root, holterd, holter))
        self.children = []
        self._ends = []

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="holter-monitoring-")
        self.scratch = pathlib.Path(self._folder.name)
        self.authority = Authority(self.scratch, "good")
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.stop()
        for end in reversed(self._ends):
            end()
        self._folder.cleanup()

    def at_end(self, action):
        """Called when every program has ended."""
        self._ends.append(action)

    def start(self, argv, name, environment=None):
        child = Child(argv, self.scratch / f"{name}.log", environment)
        self.children.append(child)
        return child

    def ended(self):
        """What of it does not run any more, with its last words."""
        return {child.log.stem: child.output()[-300:] for child in self.children if not child.running()}

    def start_holterd(self, name, **options):
        return Holterd(self, name, **options)

    def start_prometheus(self, rules, targets, interval="500ms"):
        """`targets` is {instance: address}."""
        return Prometheus(self, rules, targets, interval)
