#!/usr/bin/env python3
"""The image: what it says of itself, that it has what it needs and no more, and runs with nothing to write but its volume.

Usage: image_test.py ROOT VERSION FOLDER
"""
import pathlib
import re
import sys
import time

import podman
from podman import IMAGE, Fault, await_that

# Bytes of all layers, not packed; the base alone has some 70 MB.
LARGEST = 130_000_000
HARD = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges")


def expect(condition, what):
    if not condition:
        raise Fault(what)


class ImageTest:
    def __init__(self):
        self.root, self.version, folder = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
        self.podman = podman.Podman(folder)

    def start(self, name, *flags, arguments=()):
        self.podman("run", "--detach", "--name", name, "--network=none", *HARD, *flags, IMAGE, *arguments)

    def is_healthy(self, name):
        """What HEALTHCHECK says."""
        return self.podman("healthcheck", "run", name, check=False).returncode == 0

    def logs(self, name):
        shown = self.podman("logs", name)
        return shown.stdout + shown.stderr

    def says_what_it_is(self):
        image = self.podman.inspect("--type=image", IMAGE)
        config = image["Config"]
        expect(config["User"] == "65532:65532", f"USER is {config['User']}")
        expect(config["Entrypoint"] == ["/usr/bin/holterd"], f"ENTRYPOINT is {config['Entrypoint']}")
        check = image.get("HealthCheck") or image.get("Healthcheck") or config.get("Healthcheck")
        expect(check and check["Test"][:3] == ["CMD", "/usr/bin/holter", "health"], f"HEALTHCHECK is {check}")
        labels = {key.removeprefix("org.opencontainers.image."): text for key, text in config["Labels"].items()}
        expect(labels.get("version") == self.version, f"labels: {labels}")
        expect(all(labels.get(each) for each in ("title", "description", "licenses", "revision", "created")), f"labels: {labels}")
        said = self.podman("run", "--rm", "--network=none", IMAGE, "--version").stdout.strip()
        expect(said == f"holterd {self.version}", said)
        size = image["Size"]
        print(f"image: {size / 1e6:.0f} MB")
        expect(size <= LARGEST, f"{size} bytes")

    def has_the_libraries_that_it_needs(self):
        text = (self.root / "deploy/docker/Dockerfile").read_text()
        install = re.search(r"ca-certificates (.*?)&& rm", text[text.rindex("AS holter"):], re.DOTALL).group(1)
        named = set(install.replace("\\", " ").split())
        expect(len(named) > 10, f"libraries of the Dockerfile: {named}")
        # dpkg knows some of them below /lib, which is a link.
        script = ("for each in $(ldd /usr/bin/holterd /usr/bin/holter | grep -o '/[^ ]*' | grep '[.]so' | sort -u); do "
                  "file=$(realpath $each); dpkg-query -S $file ${file#/usr} 2>/dev/null | cut -d: -f1; done; "
                  "ldd /usr/bin/holterd /usr/bin/holter | grep 'not found'")
        found = set(self.podman("run", "--rm", "--network=none", "--entrypoint=sh", IMAGE, "-c", script, check=False).stdout.split())
        expect("found" not in found, f"libraries that are missing: {found}")
        expect(named <= found, f"named in the Dockerfile and not needed: {named - found}")

    def runs_with_a_read_only_root(self):
        began = time.monotonic()
        self.start("plain")
        await_that(lambda: self.is_healthy("plain"), "HEALTHCHECK of a fresh container")
        print(f"cold start, until HEALTHCHECK says so: {time.monotonic() - began:.2f} s")
        expect(self.podman("exec", "plain", "id", "-u").stdout.strip() == "65532", "runs as another user")
        refused = self.podman("exec", "plain", "touch", "/tmp/x", check=False)
        expect("Read-only file system" in refused.stderr, f"the root file system: {refused.stderr}")
        self.podman("exec", "plain", "test", "-s", "/var/lib/holter/holter.db")
        began = time.monotonic()
        self.podman("stop", "--time=10", "plain")
        took = time.monotonic() - began
        expect(took < 6, f"stopping took {took:.1f} s")
        expect(self.podman.inspect("plain")["State"]["ExitCode"] == 0, "exit status after a stop")
        expect('"stopped"' in self.logs("plain"), "the log does not end with the stop")

    def tells_health(self):
        self.start("elsewhere", "--env=HOLTER_GRPC_LISTEN=127.0.0.1:7700")
        await_that(lambda: '"serving"' in self.logs("elsewhere"), "serving on another port")
        expect(not self.is_healthy("elsewhere"), "healthy although nobody listens where HEALTHCHECK asks")
        self.start("told", "--env=HOLTER_GRPC_LISTEN=127.0.0.1:7700", "--env=HOLTER_SERVER=127.0.0.1:7700")
        await_that(lambda: self.is_healthy("told"), "HEALTHCHECK that was told the address")
        # holterd's variable for its file, which `holter` inherits.
        self.start("configured", "--env=HOLTER_CONFIG=/etc/holter/holter.yaml")
        await_that(lambda: self.is_healthy("configured"), "HEALTHCHECK beside HOLTER_CONFIG")

    def tells_health_over_tls(self):
        folder = self.podman.folder / "tls"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        podman.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=holter.test", "-addext", "subjectAltName=DNS:holter.test",
                    "-keyout", folder / "tls.key", "-out", folder / "tls.crt"])
        (folder / "tls.key").chmod(0o644)
        (folder / "access.yaml").write_text("identities: []\n")
        (folder / "access.yaml").chmod(0o644)
        served = ("--env=HOLTER_GRPC_LISTEN=0.0.0.0:7600", "--env=HOLTER_GRPC_TLS_CERT=/tls/tls.crt",
                  "--env=HOLTER_GRPC_TLS_KEY=/tls/tls.key", "--env=HOLTER_ACCESS_FILE=/tls/access.yaml", f"--volume={folder}:/tls:ro")
        self.start("tls", *served, "--env=HOLTER_CA=/tls/tls.crt", "--env=HOLTER_SERVER_NAME=holter.test")
        await_that(lambda: self.is_healthy("tls"), "HEALTHCHECK over TLS")
        self.start("tls-untold", *served)
        await_that(lambda: '"serving"' in self.logs("tls-untold"), "serving TLS")
        expect(not self.is_healthy("tls-untold"), "healthy although it was not told to talk TLS")

    def does_not_serve_others_in_the_clear(self):
        refused = self.podman("run", "--rm", "--network=none", "--env=HOLTER_GRPC_LISTEN=0.0.0.0:7600", IMAGE, check=False)
        expect(refused.returncode == 2 and "--insecure" in refused.stderr, f"{refused.returncode}: {refused.stderr}")

    def run(self):
        self.podman.clean()
        try:
            self.says_what_it_is()
            self.has_the_libraries_that_it_needs()
            self.runs_with_a_read_only_root()
            self.tells_health()
            self.tells_health_over_tls()
            self.does_not_serve_others_in_the_clear()
        finally:
            self.podman.clean()


podman.main(lambda: ImageTest().run())
