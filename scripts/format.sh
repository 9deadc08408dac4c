#!/usr/bin/env bash
# Formats every C++ source (--in-place), or fails when one is not formatted (--check).
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
  --in-place) arguments=(-i) ;;
  --check) arguments=(--dry-run --Werror) ;;
  *) echo "usage: $0 --in-place|--check" >&2; exit 2 ;;
esac
git ls-files -z --cached --others --exclude-standard '*.h' '*.cc' | xargs -0 -r clang-format "${arguments[@]}"
