"""Containers for the tests: a podman of their own, apart from whatever else the machine runs, on images made here.

No registry is asked: debian:bookworm-slim is made by debootstrap, less what Debian's own slim image leaves out.
"""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

BASE = "docker.io/library/debian:bookworm-slim"
IMAGE = "localhost/holter:test"
PEER_IMAGE = "localhost/holter-demo-peer:test"
PATIENCE = 120  # seconds; every wait ends as soon as it may

# As in https://github.com/debuerreotype/debuerreotype: what the slim variant of Debian's image does not have.
SLIM = """path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
"""


class Fault(Exception):
    pass


def run(command, timeout=PATIENCE, check=True, **options):
    """The process when it has ended; its output is text. A fault if it fails or takes too long."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)
    except subprocess.TimeoutExpired as late:
        raise Fault(f"{command}: not done within {timeout} s\n{late.stdout}\n{late.stderr}") from late
    if check and ended.returncode != 0:
        raise Fault(f"{command}: exit status {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended


def await_that(condition, what, patience=PATIENCE):
    """The first true answer of `condition`."""
    end = time.monotonic() + patience
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Fault(f"{what}: not within {patience} s")
        time.sleep(0.05)


def hard_limit(kind):
    limit = resource.getrlimit(kind)[1]
    return 1 << 20 if limit == resource.RLIM_INFINITY else limit


class Podman:
    """Keeps images and layers in `folder` from one run to the next; containers and volumes go with `clean`."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Fault("containers, name spaces and debootstrap need root here")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = dict(os.environ)
        self._configure("overlay")
        if run(self._command("info"), check=False, env=self.environment).returncode != 0:
            self._configure("vfs")  # a file system that overlays cannot lie on

    def _configure(self, driver):
        # podman would raise them beyond what a machine without CAP_SYS_RESOURCE allows.
        files = hard_limit(resource.RLIMIT_NOFILE)
        processes = min(4096, hard_limit(resource.RLIMIT_NPROC))
        (self.folder / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            f'tmp_dir = "{self.folder}/tmp"\n'
            f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{self.folder}/networks"\n'
        )
        (self.folder / "storage.conf").write_text(
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{self.folder}/storage-{driver}"\nrunroot = "{self.folder}/run"\n'
        )
        self.environment["CONTAINERS_CONF"] = str(self.folder / "containers.conf")
        self.environment["CONTAINERS_STORAGE_CONF"] = str(self.folder / "storage.conf")

    @staticmethod
    def _command(*arguments):
        return ["podman", *map(str, arguments)]

    def __call__(self, *arguments, timeout=PATIENCE, check=True, **options):
        return run(self._command(*arguments), timeout=timeout, check=check, env=self.environment, **options)

    def inspect(self, *arguments):
        return json.loads(self(*(["inspect"] + list(arguments))).stdout)[0]

    def clean(self):
        self("pod", "rm", "--all", "--force", "--time=0", check=False)
        self("rm", "--all", "--force", "--time=0", "--volumes", check=False)
        self("volume", "prune", "--force", check=False)
        self("secret", "rm", "--all", check=False)
        self("network", "prune", "--force", check=False)

    def make_base(self):
        """debian:bookworm-slim, unless it is there."""
        if self("image", "exists", BASE, check=False).returncode == 0:
            return
        tree = self.folder / "debootstrap"
        shutil.rmtree(tree, ignore_errors=True)
        cache = self.folder / "packages"
        cache.mkdir(exist_ok=True)
        run(["debootstrap", "--variant=minbase", f"--cache-dir={cache}", "bookworm", tree], timeout=1200)
        (tree / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
        left_out = ["./proc/*", "./sys/*", "./dev/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./var/log/*",
                    "./usr/share/info/*", "./usr/share/lintian/*", "./usr/share/locale/*", "./usr/share/man/*"]
        for path in (tree / "usr/share/doc").glob("*/*"):
            if path.name != "copyright" and not path.is_dir():
                path.unlink()
        archive = self.folder / "base.tar"
        run(["tar", "-C", tree, *(f"--exclude={each}" for each in left_out), "-cf", archive, "."])
        self("import", archive, BASE)
        archive.unlink()
        shutil.rmtree(tree)

    def build(self, tag, context, *arguments, **options):
        """--network=host: apt needs the machine's way to Debian."""
        self("build", "--network=host", "--format=docker", "-t", tag, *arguments, context, timeout=1200, **options)

    def pod_address(self, pod):
        """Of the container that holds the pod's name spaces; empty while there is none."""
        infra = self("pod", "inspect", pod, "--format={{.InfraContainerID}}").stdout.strip()
        networks = self.inspect(infra)["NetworkSettings"]["Networks"]
        return next((network["IPAddress"] for network in networks.values()), "")


def main(test):
    """Runs `test`; its faults are the exit status."""
    try:
        test()
    except Fault as fault:
        print(f"FAILED: {fault}", file=sys.stderr)
        sys.exit(1)
