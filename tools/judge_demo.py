#!/usr/bin/env python3
"""Judges what `make run DURATION=…` saw: judge_demo.py sessions.json changes.jsonl seconds"""

import json
import sys

HEALTHY = ("feed-1", "feed-2", "slow-1", "quiet-1")
SILENT = "silent-1"
REFUSED = "refused-1"
SILENCE_BEGINS = 8  # seconds after the peer began, by its path in deploy/demo/sessions.yaml
DETECTION = 3  # interval and timeout of its heartbeat, rounded up


def short(name):
    return name.rsplit("/", 1)[-1]


def bare(word, prefix):
    """Enum words come with or without their prefix."""
    return word[len(prefix):] if word.startswith(prefix) else word


def main():
    sessions_path, changes_path, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(sessions_path, encoding="utf-8") as file:
        sessions = {short(session["name"]): session["status"] for session in json.load(file)["sessions"]}
    with open(changes_path, encoding="utf-8") as file:
        changes = [json.loads(line) for line in file if line.startswith("{")]

    faults = []
    for name in HEALTHY:
        health = bare(sessions[name].get("health", "?"), "HEALTH_")
        if health != "HEALTHY":
            faults.append(f"{name} should be HEALTHY, is {health}")
    reason = bare(sessions[REFUSED].get("reason", "?"), "REASON_")
    if reason != "CONNECT_REFUSED":
        faults.append(f"{REFUSED} should be down with CONNECT_REFUSED, has {reason}")
    if seconds >= SILENCE_BEGINS + DETECTION:
        found = [
            change
            for change in changes
            if short(change.get("session", {}).get("name", "")) == SILENT
            and bare(change["session"].get("status", {}).get("health", ""), "HEALTH_") == "DOWN"
            and bare(change["session"]["status"].get("reason", ""), "REASON_") == "PROTOCOL_HEARTBEAT"
        ]
        if not found:
            faults.append(f"{SILENT} went silent and was not found DOWN with PROTOCOL_HEARTBEAT")
    else:
        print(f"{seconds} s are too short to see {SILENT} go silent")

    for fault in faults:
        print("demo:", fault, file=sys.stderr)
    if not faults:
        print("demo: every session is as it should be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
