#!/bin/sh
# Measures what Holter costs, beside the floor. usage: tests/bench/run.sh BUILD_DIR [options of bench.py]
# The tables go to standard output, the figures to BUILD_DIR/bench/results.json. Takes about eight minutes.
set -eu
build=${1:?usage: tests/bench/run.sh BUILD_DIR}
shift
python3 "$(dirname "$0")/bench.py" --build "$build" "$@"
python3 "$(dirname "$0")/control.py" --build "$build"
python3 "$(dirname "$0")/page.py" --build "$build"
