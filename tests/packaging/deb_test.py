#!/usr/bin/env python3
"""The .deb in a machine of its own: a container that systemd boots, on a clean Debian 12. Installed, run under its unit as that stands,
upgraded, removed, purged.

Usage: deb_test.py BUILD VERSION FOLDER
"""
import pathlib
import re
import shutil
import sys
import time

import podman
from podman import Fault, await_that

MACHINE_IMAGE = "localhost/holter-machine:test"
MACHINE = f"""FROM {podman.BASE}
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd python3-minimal
STOPSIGNAL SIGRTMIN+3
CMD ["/lib/systemd/systemd"]
"""
# What systemd needs to set up name spaces for a unit; /proc/sys and the kernel's settings stay out of its reach.
POWERS = ("--systemd=always", "--cap-add=SYS_ADMIN,SYS_PTRACE,NET_ADMIN,SYS_RESOURCE", "--security-opt=seccomp=unconfined")
# dpkg's own records, caches, and what systemd and the C library keep about a machine.
RECORDS = ("/var/lib/dpkg/", "/var/cache/", "/var/lib/apt/", "/var/log/", "/var/lib/systemd/", "/tmp/", "/var/tmp/", "/run/",
           "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/.pwd.lock", "/proc/", "/sys/", "/dev/", "/debs/")


def expect(condition, what):
    if not condition:
        raise Fault(what)


class DebTest:
    def __init__(self):
        self.build, self.version = pathlib.Path(sys.argv[1]), sys.argv[2]
        self.later = re.sub(r"\d+$", lambda last: str(int(last.group()) + 1), self.version)
        self.podman = podman.Podman(sys.argv[3])
        self.debs = self.podman.folder / "debs"

    def pack(self, version):
        """The .deb, as `make package` makes it."""
        podman.run(["cpack", "--config", self.build / "CPackConfig.cmake", "-B", self.debs,
                    "-D", f"CPACK_DEBIAN_PACKAGE_VERSION={version}"], cwd=self.build)
        return f"holter_{version}-1_amd64.deb"

    def sh(self, command, timeout=podman.PATIENCE, check=True):
        return self.podman("exec", "machine", "sh", "-c", command, timeout=timeout, check=check)

    def out(self, command, **options):
        return self.sh(command, **options).stdout.strip()

    def property_of(self, name):
        return self.out(f"systemctl show holterd.service --property={name} --value")

    def is_active(self):
        return self.sh("systemctl is-active holterd.service", check=False).stdout.strip() == "active"

    def await_serving(self):
        await_that(lambda: self.sh("holter health", check=False).returncode == 0, "the service serves")

    def files(self):
        every = self.out("find / -xdev -not -path '/proc/*' -not -path '/sys/*' -not -name '*.pyc' -not -name __pycache__").splitlines()
        return {file for file in every if not file.startswith(RECORDS)}

    def boot(self):
        self.podman.build(MACHINE_IMAGE, self.debs, "--file=-", input=MACHINE)
        self.podman("run", "--detach", "--name=machine", *POWERS, f"--volume={self.debs}:/debs:ro", MACHINE_IMAGE)
        await_that(lambda: self.sh("systemctl is-system-running", check=False).stdout.strip() in ("running", "degraded"), "booting")

    def installs_and_starts(self, deb):
        needed = podman.run(["dpkg-deb", "--field", self.debs / deb, "Depends"]).stdout
        libraries = " ".join(re.findall(r"\b(?:lib|zlib)[\w.+-]+", needed))
        install = "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
        self.sh(f"apt-get update -qq && {install} {libraries}", timeout=600)
        self.before = self.files()
        self.sh(f"{install} /debs/{deb}")
        expect(self.is_active(), f"not started: {self.out('systemctl status holterd.service', check=False)}")
        expect(self.out("systemctl is-enabled holterd.service") == "enabled", "not enabled")
        self.await_serving()
        expect(self.out("stat -c '%U %a' /var/lib/holter") == "holter 750", "the data directory")
        self.sh("holter create feed ws://127.0.0.1:1/")

    def runs_as_its_unit_says(self):
        process = f"/proc/{self.property_of('MainPID')}"
        status = dict(line.split(":\t", 1) for line in self.out(f"cat {process}/status").splitlines() if ":\t" in line)
        account = self.out("id -u holter")
        expect(set(status["Uid"].split()) == {account}, f"user {status['Uid']}")
        expect(int(status["CapBnd"], 16) == 0 and int(status["CapEff"], 16) == 0, f"capabilities {status['CapBnd']}")
        expect(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", "no-new-privileges, system call filter")
        limit = self.out(f"grep 'open files' {process}/limits").split()[3]
        expect(int(limit) >= 4096, f"open files: {limit}")
        complaints = self.out("systemd-analyze verify holterd.service 2>&1", check=False)
        expect(complaints == "", f"systemd-analyze verify: {complaints}")
        # From 0 (shut in) to 10; above the threshold it fails.
        exposure = self.sh("systemd-analyze security --no-pager --threshold=15 holterd.service", check=False)
        expect(exposure.returncode == 0, exposure.stdout.splitlines()[-1])
        print(exposure.stdout.strip().splitlines()[-1])
        # Its name space: read-only but for its own directory.
        mounts = self.out(f"cat {process}/mountinfo")
        own = [line.split() for line in mounts.splitlines()]
        options = {fields[4]: fields[5].split(",") for fields in own}
        expect("ro" in options["/"] and "rw" in options["/var/lib/holter"], "what it may write")

    def comes_back(self):
        pid = self.property_of("MainPID")
        self.sh(f"kill -KILL {pid}")
        await_that(lambda: self.is_active() and self.property_of("MainPID") not in ("0", pid), "back after a kill")
        self.await_serving()
        self.sh("systemctl reload holterd.service")
        expect(self.is_active(), "gone after a reload")

    def keeps_trying(self):
        """What is not mended within the first starts, as by another program on the port, is mended some time."""
        expect(self.property_of("StartLimitIntervalUSec") == "0", "systemd gives up after some starts")
        self.sh("systemctl stop holterd.service")
        squatter = 'import socket, time; s = socket.create_server(("127.0.0.1", 7600)); time.sleep(600)'
        self.sh(f"systemd-run --quiet --unit=squatter /usr/bin/python3 -c '{squatter}'")
        await_that(lambda: ":1DB0 00000000:0000 0A" in self.out("cat /proc/net/tcp"), "another program on port 7600")
        self.sh("systemctl start holterd.service", check=False)
        # By default systemd grants five starts within ten seconds.
        await_that(lambda: int(self.property_of("NRestarts")) > 5, "more starts in vain than five")
        expect(self.property_of("ExecMainStatus") == "1", f"why it ends: {self.property_of('ExecMainStatus')}")
        self.sh("systemctl stop squatter.service")
        self.await_serving()

    def says_what_is_wrong(self):
        self.sh("cp /etc/holter/holter.yaml /tmp/good.yaml && echo 'log-levell: info' >> /etc/holter/holter.yaml")
        self.sh("systemctl restart holterd.service", check=False)
        await_that(lambda: self.out("systemctl is-failed holterd.service", check=False) == "failed", "failed by a wrong key")
        expect(self.property_of("ExecMainStatus") == "2" and self.property_of("NRestarts") in ("0", "1"), "tries again in vain")
        self.sh("cp /tmp/good.yaml /etc/holter/holter.yaml && systemctl reset-failed && systemctl start holterd.service")
        self.await_serving()

    def upgrades(self, deb):
        pid = self.property_of("MainPID")
        self.sh("echo 'log-level: debug' >> /etc/holter/holter.yaml")
        self.sh(f"DEBIAN_FRONTEND=noninteractive dpkg --install --force-confold /debs/{deb}")
        self.await_serving()
        expect(self.property_of("MainPID") != pid, "the old one runs on")
        expect("log-level: debug" in self.out("cat /etc/holter/holter.yaml"), "the configuration was overwritten")
        expect("feed" in self.out("holter list"), "the session is lost")
        expect(self.out("dpkg-query -W -f='${Version}' holter") == f"{self.later}-1", "version")

    def stops(self):
        began = time.monotonic()
        self.sh("systemctl stop holterd.service")
        expect(time.monotonic() - began < 6, "stopping takes long")
        expect(self.property_of("Result") == "success", f"stopped with {self.property_of('Result')}")
        self.sh("systemctl start holterd.service")
        self.await_serving()

    def removes(self):
        self.sh("dpkg --remove holter")
        expect(not self.is_active(), "runs on")
        left = self.files() - self.before
        kept = {file for file in left if not file.startswith(("/etc/holter", "/var/lib/holter"))}
        expect(not kept, f"left behind: {sorted(kept)}")
        expect({"/etc/holter/holter.yaml", "/var/lib/holter/holter.db"} <= left, f"configuration and data: {sorted(left)}")

    def purges(self):
        self.sh("dpkg --purge holter")
        left = self.files() - self.before
        expect(not left, f"left behind: {sorted(left)}")
        expect(self.out("find /etc/systemd /var/lib/systemd -name '*holter*'") == "", "systemd's records")
        expect(self.sh("getent passwd holter").stdout.startswith("holter:"), "the account is gone; its number may become another's")

    def comes_again(self, deb):
        self.sh(f"dpkg --install /debs/{deb}")
        self.await_serving()
        expect("feed" not in self.out("holter list"), "the purge left sessions")

    def run(self):
        self.podman.clean()
        shutil.rmtree(self.debs, ignore_errors=True)
        first, second = self.pack(self.version), self.pack(self.later)
        # Warnings are of what it has not (manual pages).
        podman.run(["lintian", "--allow-root", "--fail-on=error", self.debs / first])
        try:
            self.boot()
            self.installs_and_starts(first)
            self.runs_as_its_unit_says()
            self.comes_back()
            self.keeps_trying()
            self.says_what_is_wrong()
            self.upgrades(second)
            self.stops()
            self.removes()
            self.purges()
            self.comes_again(second)
        finally:
            self.podman.clean()


podman.main(lambda: DebTest().run())
