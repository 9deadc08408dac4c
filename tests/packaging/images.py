#!/usr/bin/env python3
"""Makes the images that the other tests run: ours, of the programs that were built here, and that of the demo's peer.

Usage: images.py ROOT BUILD VERSION FOLDER
"""
import pathlib
import shutil
import sys

import podman


def make():
    root, build, version, folder = (pathlib.Path(each) for each in sys.argv[1:])
    engine = podman.Podman(folder)
    engine.clean()
    engine.make_base()
    stage = folder / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    podman.run(["cmake", "--install", build, "--prefix", "/usr", "--component", "programs", "--strip"],
               env={**engine.environment, "DESTDIR": str(stage / "out")})
    dockerfile = ("--file", root / "deploy/docker/Dockerfile")
    engine.build(podman.IMAGE, root, *dockerfile, "--build-context", f"build={stage}", "--build-arg", f"VERSION={version}")
    engine.build(podman.PEER_IMAGE, root, *dockerfile, "--target", "demo-peer")
    engine("image", "prune", "--force")


podman.main(make)
