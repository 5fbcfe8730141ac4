#!/usr/bin/env bash
# What a machine must have: `needs.sh build` to build the product, `needs.sh test` to run its tests too. Installs with apt-get
# where it may, otherwise says what is missing and exits with 2.
set -euo pipefail
missing=()
need() { command -v "$1" > /dev/null || missing+=("$2"); }
case ${1:-} in build | test) ;; *) sed -n '2,3s/^# *//p' "$0" >&2; exit 2 ;; esac
need cargo "a Rust toolchain by rustup"
need gcc build-essential
need make build-essential
# The Kafka client is built with TLS.
need pkg-config pkg-config
pkg-config --exists openssl 2> /dev/null || missing+=(libssl-dev)
if [ "$1" = test ]; then
  need java openjdk-17-jre-headless
  need mvn maven
  need psql postgresql-client
  need python3 python3
  python3 -m venv --help > /dev/null 2>&1 || missing+=(python3-venv)
fi
[ "${#missing[@]}" -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null && command -v cargo > /dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
else
  echo "missing, install them first: ${missing[*]}" >&2
  exit 2
fi
