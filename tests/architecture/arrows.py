#!/usr/bin/env python3
"""Reads the includes of the tree and fails on an arrow that is not in the table.

All rooms share one include root, so a tidy link line proves nothing. Usage: arrows.py ROOT
"""
import pathlib
import re
import sys

# What each room may include besides itself. `proto` stands for generated code, `grpc` for stubs and the gRPC library.
ALLOWED = {
    "server/base": set(),
    "server/access": {"server/base"},
    "server/core": {"server/base"},
    "server/transport": {"server/core", "server/base"},
    "server/engine": {"server/transport", "server/core", "server/base"},
    "server/store": {"server/base"},
    "server/spec": {"server/core", "server/transport", "server/base", "proto"},
    "server/registry": {"server/store", "server/engine", "server/spec", "server/transport", "server/core", "server/base",
                        "proto"},
    "server/observe": {"server/registry", "server/engine", "server/spec", "server/core", "server/base", "proto"},
    "server/rpc": {"server/registry", "server/access", "server/spec", "server/base", "proto", "grpc"},
    "server/app": {"server/rpc", "server/observe", "server/registry", "server/engine", "server/store", "server/spec",
                   "server/transport", "server/access", "server/core", "server/base", "grpc"},
    "server/main": {"server/app"},
    "client/lib": {"proto", "grpc"},
    "client/cli": {"client/lib", "server/engine", "server/spec", "server/transport", "server/core", "server/base",
                   "proto"},
}

# What does I/O or costs half a minute a file stays where it belongs: pattern of an include, rooms that may have it.
LIBRARIES = [
    (r"boost/asio/(?!ip/address)", {"server/transport", "server/engine", "server/observe"}),
    (r"boost/beast", {"server/transport", "server/observe"}),
    (r"openssl/", {"server/transport", "server/access", "server/base"}),
    (r"ares", {"server/transport"}),
    (r"SQLiteCpp|sqlite3", {"server/store"}),
    (r"prometheus/", {"server/observe"}),
    (r"yaml-cpp", {"server/spec", "server/app", "server/access", "client/cli"}),
    (r"CLI/", {"server/app", "client/cli"}),
]
MOST_BEAST_SOURCES = 3

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(path):
    """The room of a source file, by its path below the root."""
    parts = path.parts
    return "server/main" if parts == ("server", "main.cc") else "/".join(parts[:2])


def target_of(include, root):
    """The room that an include leads to, or None for a library."""
    if include.startswith(("holter/v1/", "google/rpc/")):
        return "grpc" if ".grpc.pb." in include else "proto"
    if include.startswith("holter/"):
        return "client/lib"  # its installed headers
    if include.startswith(("grpcpp/", "grpc/")):
        return "grpc"
    head = include.split("/")[0]
    if "/" in include and (root / "server" / head).is_dir():
        return f"server/{head}"
    if include.startswith(("client/", "server/", "tests/")):
        return "/".join(include.split("/")[:2])
    return None


def violations(root):
    """Every include that no arrow allows, as text."""
    found = []
    for top in ("server", "client"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc"):
                continue
            relative = path.relative_to(root)
            room = room_of(relative)
            if room not in ALLOWED:
                found.append(f"{relative}: {room} is not a room of the table")
                continue
            for _, include in INCLUDE.findall(path.read_text()):
                target = target_of(include, root)
                if target is not None and target != room and target not in ALLOWED[room]:
                    found.append(f"{relative}: {room} must not include {target} ({include})")
                for pattern, rooms in LIBRARIES:
                    if re.match(pattern, include) and room not in rooms:
                        found.append(f"{relative}: {include} belongs to {', '.join(sorted(rooms))}")
    beast = sorted(str(path.relative_to(root)) for path in root.glob("server/*/*.cc") if reaches_beast(path, root, {}))
    if len(beast) > MOST_BEAST_SOURCES:
        found.append(f"Beast is compiled in {len(beast)} files, at most {MOST_BEAST_SOURCES}: {beast}")
    return found


def reaches_beast(path, root, known):
    """Whether a file includes Beast, itself or through headers of ours."""
    if path not in known:
        known[path] = False
        for _, include in INCLUDE.findall(path.read_text()):
            inner = root / "server" / include
            if include.startswith("boost/beast") or (inner.is_file() and reaches_beast(inner, root, known)):
                known[path] = True
    return known[path]


def main():
    root = pathlib.Path(sys.argv[1])
    found = violations(root)
    for line in found:
        print(line)
    files = sum(1 for _ in (root / "server").rglob("*.cc"))
    print(f"{files} files, {len(found)} violations")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
