#!/usr/bin/env bash
# A real Kafka broker on this machine, for development and tests; nothing to install but Java and Maven.
#
#   broker.sh start  DIR [PORT]   make and start a broker that keeps everything under DIR (port 9092)
#   broker.sh stop   DIR          let it finish and wait for it
#   broker.sh kill   DIR          end it at once, as a power cut would
#   broker.sh pause  DIR          stop its clock: connections stay, answers do not come
#   broker.sh resume DIR          go on after `pause`
#
# With KEZEK_BROKER_SECURITY=sasl_tls clients come over TLS with SCRAM only: DIR/tls holds the authority (ca.pem) and the
# password of the user `kezek`.
#
# `start` prints the address when the broker answers. Exit codes: 2 usage, 4 it did not come up.
set -euo pipefail

usage() {
  sed -n '4,11s/^# *//p' "$0" >&2
  exit 2
}

[ $# -ge 2 ] || usage
action=$1
home=$2
port=${3:-9092}
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jars=${KEZEK_KAFKA_LIBS:-$HOME/.cache/kezek/kafka-libs}
start_seconds=60

fetch_jars() {
  compgen -G "$jars/kafka_2.13-*.jar" > /dev/null && return
  echo "fetching the broker's jars to $jars" >&2
  mvn --quiet --batch-mode --file "$source_dir/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$jars" >&2
}

kafka_tool() {
  java -Xmx256m -Dlog4j2.level=ERROR -cp "$jars/*" "$@"
}

secure() { [ "${KEZEK_BROKER_SECURITY:-plaintext}" = sasl_tls ]; }

# An authority and a certificate for loopback, good for a month, and a password.
make_secrets() {
  [ -e "$home/tls/password" ] && return
  mkdir -p "$home/tls"
  (
    cd "$home/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=kezek test authority" -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=127.0.0.1" -keyout broker.key -out broker.csr
    openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
      -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") -out broker.crt
    cat broker.key broker.crt > broker.pem
    openssl rand -hex 16 > password
  ) > "$home/tls.out" 2>&1
}

# Later lines of the properties win.
secure_properties() {
  cat << END

listeners=CLIENTS://127.0.0.1:$port,INSIDE://127.0.0.1:$((port + 2)),QUORUM://127.0.0.1:$((port + 1))
advertised.listeners=CLIENTS://127.0.0.1:$port,INSIDE://127.0.0.1:$((port + 2))
listener.security.protocol.map=CLIENTS:SASL_SSL,INSIDE:PLAINTEXT,QUORUM:PLAINTEXT
inter.broker.listener.name=INSIDE
listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$home/tls/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=$home/tls/ca.pem
END
}

format_once() {
  [ -e "$home/data/meta.properties" ] && return
  local id
  id=$(kafka_tool kafka.tools.StorageTool random-uuid 2> /dev/null)
  local users=()
  secure && users=(--add-scram "SCRAM-SHA-512=[name=kezek,password=$(cat "$home/tls/password")]")
  kafka_tool kafka.tools.StorageTool format --cluster-id "$id" --config "$home/server.properties" "${users[@]}" \
    > "$home/format.out" 2>&1
}

answers() {
  (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null
}

broker_pid() {
  cat "$home/broker.pid" 2> /dev/null || { echo "no broker was started in $home" >&2; exit 2; }
}

start() {
  mkdir -p "$home"
  home=$(cd "$home" && pwd)
  if answers; then
    echo "something already listens on port $port" >&2
    exit 4
  fi
  fetch_jars
  sed -e "s|@DATA@|$home/data|; s|@PORT@|$port|g; s|@CONTROLLER@|$((port + 1))|g" \
    "$source_dir/server.properties" > "$home/server.properties"
  if secure; then
    make_secrets
    secure_properties >> "$home/server.properties"
  fi
  format_once
  setsid nohup java -Xms128m -Xmx768m -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:+ExitOnOutOfMemoryError \
    -Djava.awt.headless=true -Dlog4j2.level=WARN -cp "$jars/*" kafka.Kafka "$home/server.properties" \
    > "$home/broker.out" 2>&1 < /dev/null &
  local pid=$!
  echo "$pid" > "$home/broker.pid"
  local deadline=$((SECONDS + start_seconds))
  while ! answers; do
    if ! kill -0 "$pid" 2> /dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 25 "$home/broker.out" >&2
      echo "the broker did not come up on port $port" >&2
      exit 4
    fi
    sleep 0.2
  done
  echo "127.0.0.1:$port"
}

stop() {
  local pid
  pid=$(broker_pid)
  kill -CONT "$pid" 2> /dev/null || true
  kill "$pid" 2> /dev/null || true
  while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
  rm -f "$home/broker.pid"
}

end_now() {
  local pid
  pid=$(broker_pid)
  kill -KILL "$pid"
  # Until it is gone it holds its port and its folder.
  while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
  rm -f "$home/broker.pid"
}

case $action in
  start) start ;;
  stop) stop ;;
  kill) end_now ;;
  pause) kill -STOP "$(broker_pid)" ;;
  resume) kill -CONT "$(broker_pid)" ;;
  *) usage ;;
esac
