#!/usr/bin/env bash
# clang-tidy over every source of the product (naming included), and buf over the protos. Needs a configured build.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/tidy}
jobs=${JOBS:-2}

tools/node_modules/.bin/buf lint

# Its own configuration: without precompiled headers, which clang cannot read when GCC made them.
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DHOLTER_BUILD_TESTS=OFF \
  -DCMAKE_CXX_COMPILER=clang++ >/dev/null
cmake --build "$build" -j "$jobs" --target holter_proto holter_grpc >/dev/null
git ls-files -z --cached --others --exclude-standard 'server/*.cc' 'client/*.cc' |
  xargs -0 -r -n 2 -P "$jobs" clang-tidy --quiet -p "$build" 2>/dev/null
echo "lint: clean"
