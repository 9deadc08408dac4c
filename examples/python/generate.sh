#!/usr/bin/env bash
# Python modules of the protos. usage: generate.sh FOLDER
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/../../proto"
protoc -I. --python_out="$out" --grpc_python_out="$out" --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" \
  holter/v1/*.proto google/rpc/*.proto
