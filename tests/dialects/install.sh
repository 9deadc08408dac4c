#!/usr/bin/env bash
# Installs the servers of npm that are tested against; with "all" the heavy ones too, which package.json calls optional. Does nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")"

omit=(--omit=optional)
mark=node_modules/installed-lock.json
[ "${1:-}" = all ] && omit=() && mark=node_modules/installed-all-lock.json
for installed in "$mark" node_modules/installed-all-lock.json; do
  if cmp -s package-lock.json "$installed"; then exit 0; fi
done
npm ci --no-audit --no-fund --silent "${omit[@]}"
cp package-lock.json "$mark"
