#!/usr/bin/env bash
# Copies into the chart what it ships and Helm could not read outside of it: rules and dashboards. `--check` says what is stale.
set -euo pipefail
cd "$(dirname "$0")/../.."
files=deploy/helm/holter/files

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT
mkdir "$copies/prometheus" "$copies/dashboards"
cp deploy/prometheus/rules.yaml.in deploy/prometheus/thresholds.yaml "$copies/prometheus"
cp grafana/dashboards/*.json "$copies/dashboards"

if [ "${1:-}" != --check ]; then
  rm -rf "$files"
  cp -r "$copies" "$files"
  chmod 755 "$files"
elif ! diff -rq "$copies" "$files"; then
  echo "$files is not what deploy/prometheus and grafana have: run deploy/helm/copy_files.sh" >&2
  exit 1
fi
