#!/usr/bin/env bash
# Runs a Python script against a SQL server with the clients that people use, psycopg, in an environment
# of its own. They are installed the first time.
#   sql-clients.sh PORT SCRIPT
set -euo pipefail
port=$1
script=$2
where=${KEZEK_SQL_CLIENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/kezek/sql-clients}
command -v python3 > /dev/null || { echo "python3 is missing" >&2; exit 2; }
if [ ! -e "$where/ready" ]; then
  rm -rf "$where"
  python3 -m venv "$where"
  "$where/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.2.*'
  touch "$where/ready"
fi
exec "$where/bin/python" "$script" "$port"
