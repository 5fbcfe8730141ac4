#!/usr/bin/env bash
# The pages in a real Chromium: `bash deploy/browser-tests.sh [path/to/kezek]`. Installs the browser and two packages where they
# are missing. The last line counts; the exit code is that of the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
need() { command -v "$1" > /dev/null || missing+=("$2"); }
missing=()
need node nodejs
need npm npm
if [ -z "${CHROMIUM:-}" ]; then
  CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
  [ -n "$CHROMIUM" ] || missing+=(chromium)
fi
if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
  else
    echo "missing, install them first: ${missing[*]}" >&2
    exit 2
  fi
fi
export CHROMIUM="${CHROMIUM:-$(command -v chromium)}"
if [ -n "${1:-}" ]; then
  KEZEK=$(realpath "$1")
else
  cargo build -q -p kezek
  KEZEK=$(realpath "${CARGO_TARGET_DIR:-target}/debug/kezek")
fi
export KEZEK
cd tests/browser
[ -d node_modules/playwright-core ] && [ -d node_modules/axe-core ] || npm ci --silent --no-audit --no-fund
exec node run.mjs
