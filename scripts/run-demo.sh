#!/usr/bin/env bash
# The demo of `make run`: a local peer, holterd with its SQLite store, sessions declared over gRPC, and a table of how they are.
#
#   DURATION   seconds after which it ends and judges what it saw; empty: until Ctrl-C
#   BUILD_DIR  where holterd and holter are; default: build
#
# With DURATION the exit status tells whether the sessions that should be healthy were healthy in the end, the one that goes silent
# was found out, and the one that nobody answers was down.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BUILD_DIR=${BUILD_DIR:-build}
DURATION=${DURATION:-}
HOLTER=$BUILD_DIR/holter
SCRATCH=$(mktemp -d)
CHILDREN=()

if [[ -n $DURATION && ! $DURATION =~ ^[1-9][0-9]*$ ]]; then
  echo "run-demo: DURATION is a number of seconds, got \"$DURATION\"" >&2
  exit 2
fi

clean_up() {
  local status=$?
  trap - EXIT INT TERM HUP
  for pid in "${CHILDREN[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for _ in $(seq 100); do # 5 s, which is what holterd promises
    local alive=0
    for pid in "${CHILDREN[@]}"; do ! kill -0 "$pid" 2>/dev/null || alive=1; done
    [[ $alive == 1 ]] || break
    sleep 0.05
  done
  for pid in "${CHILDREN[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$SCRATCH"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' TERM HUP

# A child in a session of its own, so that Ctrl-C reaches the table first; it ends with this script however that ends.
start() {
  local log=$1
  shift
  setsid setpriv --pdeathsig TERM "$@" >"$log" 2>&1 </dev/null &
  CHILDREN+=($!)
}

# Waits until a command succeeds; shows the log of what did not come.
await() {
  local what=$1 log=$2
  shift 2
  for _ in $(seq 200); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  echo "run-demo: $what did not start" >&2
  cat "$log" >&2
  exit 1
}

start "$SCRATCH/peer.log" /usr/bin/python3 tools/demo_peer.py
await "the peer" "$SCRATCH/peer.log" grep -q '^PORT=' "$SCRATCH/peer.log"
PEER_PORT=$(sed -n 's/^PORT=//p' "$SCRATCH/peer.log")

start "$SCRATCH/holterd.log" "$BUILD_DIR/holterd" --grpc-listen=127.0.0.1:0 --http-listen=127.0.0.1:0 \
  --data-dir="$SCRATCH/data" --ports-file="$SCRATCH/ports.json"
await holterd "$SCRATCH/holterd.log" test -s "$SCRATCH/ports.json"
port_of() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$SCRATCH/ports.json"; }
HOLTER_SERVER=$(port_of grpc)
export HOLTER_SERVER
echo "peer on 127.0.0.1:$PEER_PORT, holterd: gRPC $HOLTER_SERVER, metrics http://$(port_of http)/metrics"

sed "s/127\.0\.0\.1:9001/127.0.0.1:$PEER_PORT/" deploy/demo/sessions.yaml | "$HOLTER" apply -f -
start "$SCRATCH/changes.log" "$HOLTER" watch -o json

if [[ -z $DURATION ]]; then
  trap : INT
  "$HOLTER" watch --table || true
  exit 0
fi

REFRESH=1s
[[ -t 1 ]] || REFRESH=5s
trap 'exit 130' INT
"$HOLTER" watch --table --refresh "$REFRESH" --for "${DURATION}s"
"$HOLTER" list -o json >"$SCRATCH/sessions.json"
/usr/bin/python3 tools/judge_demo.py "$SCRATCH/sessions.json" "$SCRATCH/changes.log" "$DURATION"
