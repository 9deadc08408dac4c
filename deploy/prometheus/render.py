#!/usr/bin/env python3
"""Puts values into the rules.

rules.yaml.in is the one source of the rules, thresholds.yaml says what may be set of them; holter.rules.yaml is both together with the
defaults, for those who take it as it is. The Helm chart does the same with its own values.

  render.py                              prints the rules
  render.py --set groupDownRatio=0.1     … with another threshold; may be repeated
  render.py --time-scale 60              … for tests: every window, interval and `for` is 60 times shorter
  render.py --check                      says whether holter.rules.yaml is what the defaults give
  render.py --write                      makes it so
"""

import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE / "holter.rules.yaml"
HEAD = "# Made by render.py of rules.yaml.in and thresholds.yaml: change those.\n"
THRESHOLD = re.compile(r"(\w+): (.*?)(?:  # (.*))?")
WINDOW = re.compile(r"\[(\w+)\]")
HOLD = re.compile(r"^( *(?:interval|for): )(\w+)$", re.MULTILINE)
UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def default_thresholds():
    found = {}
    for line in (HERE / "thresholds.yaml").read_text().splitlines():
        if line and not line.startswith("#"):
            name, value, _ = THRESHOLD.fullmatch(line).groups()
            found[name] = value
    return found


def milliseconds(duration):
    parts = re.findall(r"(\d+)(ms|[smhd])", duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"not a duration: {duration}")
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def shorter(duration, scale):
    return f"{max(round(milliseconds(duration) / scale), 1)}ms" if milliseconds(duration) else duration


def render(changed=(), time_scale=1):
    """The rules as YAML text. `changed` has values of thresholds in place of the defaults; an unknown name is a KeyError."""
    thresholds = default_thresholds()
    for name, value in dict(changed).items():
        if name not in thresholds:
            raise KeyError(f"no threshold is called {name}")
        thresholds[name] = str(value)
    text = re.sub(r"\$\{(\w+)\}", lambda place: thresholds[place[1]], (HERE / "rules.yaml.in").read_text())
    if time_scale != 1:
        text = WINDOW.sub(lambda window: f"[{shorter(window[1], time_scale)}]", text)
        text = HOLD.sub(lambda hold: hold[1] + shorter(hold[2], time_scale), text)
    return HEAD + text


def assignment(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", metavar="NAME=VALUE", type=assignment, action="append", default=[], dest="changed")
    parser.add_argument("--time-scale", type=float, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    try:
        text = render(arguments.changed, arguments.time_scale)
    except (KeyError, ValueError) as fault:
        parser.error(str(fault.args[0]))
    if arguments.write:
        RULES.write_text(text)
    elif not arguments.check:
        print(text, end="")
    elif RULES.read_text() != text:
        print(f"{RULES.name} is not what rules.yaml.in and thresholds.yaml give: run deploy/prometheus/render.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
