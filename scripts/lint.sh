#!/usr/bin/env bash
# buf over the protos and clang-tidy, naming included, over the sources. usage: lint.sh [ROOM…], as in `lint.sh server/core`; without, all.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/tidy}
jobs=${JOBS:-2}
rooms=("$@")
[ $# -gt 0 ] || rooms=(server client)

tools/node_modules/.bin/buf lint
# Nobody who speaks the last release is broken.
tools/node_modules/.bin/buf breaking --against tools/released-protos.binpb

# Its own configuration: without precompiled headers, which clang cannot read when GCC made them, and a room as one translation unit,
# because tidy spends its time in the headers that all files of a room share (an eighth of the time of file by file).
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++ -DHOLTER_BUILD_TESTS=OFF \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=1000 >/dev/null
cmake --build "$build" -j "$jobs" --target generated >/dev/null
sources=$(sed -n 's|^ *"file": "'"$PWD"'/\(.*\)".*|\1|p' "$build/compile_commands.json")
for room in "${rooms[@]}"; do
  grep -E "^($build/)?$room/" <<<"$sources"
done | xargs -n 1 -P "$jobs" clang-tidy --quiet --checks=-bugprone-suspicious-include -p "$build" 2>/dev/null
echo "lint: clean"
