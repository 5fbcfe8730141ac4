#!/usr/bin/env bash
# The demo from a fresh clone: installs what the build needs, builds, runs everything on this machine. Arguments go to
# `kezek demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
bash deploy/needs.sh build
exec cargo run -p kezek -- demo "$@"
