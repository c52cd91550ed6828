#!/usr/bin/env bash
# Installs the programs that some tests play against, where that is possible; where it is not,
# says loudly which, and those tests skip themselves by name. Never starts any of them.
set -euo pipefail

declare -A package=(
  [chromium]=chromium            # acceptance: a person's browser
  [dovecot]=dovecot-imapd        # channels, acceptance: a real IMAP server
  [swaks]=swaks                  # channels: a client that others wrote
  [smtp-source]=postfix          # load, faults: many mails at once (only the tool; no daemon)
)
PATH="$PATH:/usr/sbin"
missing=()
for program in "${!package[@]}"; do
  command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "system: installing for the tests: ${missing[*]}"
  policy=/usr/sbin/policy-rc.d   # a package's own start-up script must not start its daemon
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  export DEBIAN_FRONTEND=noninteractive
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections || true
  timeout 120 apt-get -qq update || true
  for program in "${missing[@]}"; do
    timeout 300 apt-get -qq install -y --no-install-recommends "${package[$program]}" \
      >/dev/null 2>&1 </dev/null || true
  done
fi

for program in "${missing[@]}"; do
  command -v "$program" >/dev/null ||
    echo "!!! NOT HERE: $program (Debian: ${package[$program]}); the tests that need it are SKIPPED" >&2
done
