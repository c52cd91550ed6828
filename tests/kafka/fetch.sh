#!/usr/bin/env bash
# Fetches Apache Kafka's jars through Maven into a cache folder outside of the checkout, once, and prints that
# folder. Where Maven or Java 17 is missing it says so loudly and prints nothing: the tests that need a real Kafka
# are then skipped by name.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/parley/kafka-$(sha256sum "$here/pom.xml" | cut -c1-12)"

missing() {
  echo "!!! NOT HERE: $1; the tests on a real Kafka are SKIPPED" >&2
  exit 0
}
command -v mvn >/dev/null || missing "mvn (Debian: maven)"
command -v java >/dev/null || missing "java 17 or newer (Debian: openjdk-17-jre-headless)"
version="$(java -version 2>&1 | sed -n '1s/[^"]*"\([0-9]*\).*/\1/p')"
[ "${version:-0}" -ge 17 ] || missing "java 17 or newer (here: ${version:-unknown})"

if [ ! -e "$cache/.complete" ]; then
  echo "kafka: fetching its jars" >&2
  mkdir -p "$cache"
  timeout 600 mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache" >&2 ||
    missing "Kafka's jars (Maven could not fetch them)"
  touch "$cache/.complete"
fi
echo "$cache"
