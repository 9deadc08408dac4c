#!/usr/bin/env bash
# buf over the protos and clang-tidy, naming included, over the sources. usage: lint.sh [PATH…]; without a path, all of server and client.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/tidy}
jobs=${JOBS:-2}
paths=("$@")
[ $# -gt 0 ] || paths=(server client)

tools/node_modules/.bin/buf lint

# Its own configuration: without precompiled headers, which clang cannot read when GCC made them.
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DHOLTER_BUILD_TESTS=OFF \
  -DCMAKE_CXX_COMPILER=clang++ >/dev/null
cmake --build "$build" -j "$jobs" --target holter_proto holter_grpc >/dev/null
git ls-files -z --cached --others --exclude-standard "${paths[@]/%//*.cc}" |
  xargs -0 -r -n 1 -P "$jobs" clang-tidy --quiet -p "$build" 2>/dev/null
echo "lint: clean"
