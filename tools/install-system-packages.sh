#!/usr/bin/env bash
# Installs those Debian packages of system-packages.txt whose program is missing, and keeps their
# servers from starting: a test needs the program, not a daemon on port 80. Never fails the caller:
# what could not be installed is skipped by the tests, which name it.
set -eu
list="$(dirname "$0")/system-packages.txt"

missing=()
while read -r package program; do
  case "$package" in '' | '#'*) continue ;; esac
  PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || missing+=("$package")
done <"$list"

[ "${#missing[@]}" -eq 0 ] && exit 0
command_line="apt-get install -y --no-install-recommends ${missing[*]}"

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed (needs root and apt-get): $command_line"
  exit 0
fi

# Debian asks this file before it starts a service: 101 forbids it. One that is there is kept.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

echo "installing system packages: ${missing[*]}"
log="$(mktemp)"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -q && $command_line; } >"$log" 2>&1; then
  tail -n 20 "$log"
  echo "could not install them; what needs them will be skipped"
fi
rm -f "$log"

# Nor at the next start of the machine: these were put here for their programs alone.
if command -v systemctl >/dev/null; then
  for service in nginx haproxy prometheus prometheus-node-exporter redis-server nftables; do
    case " ${missing[*]} " in
      *" $service "* | *" $service-light "*) systemctl disable "$service" >/dev/null 2>&1 || true ;;
    esac
  done
fi
