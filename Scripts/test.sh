#!/usr/bin/env bash
# Runs everything that can be tested on this machine, with the seconds of each
# part; goes on after a failure. The last line is the sum
# over all parts: "N passed, N failed, N skipped".
#
#   test.sh               all parts
#   test.sh PART...       only these: check build unit fuzz kafka differential scenarios api deploy lab host faults clouds
#                         browser
#
# One build, in release, for the tests and for the program that scenarios, labs
# and browser drive: what is tested is what is served. Overflow and bounds trap
# there as well; `swift test` alone tests in debug.
source "$(dirname "$0")/lib.sh"
cd "$root"

# One after the other; those with a + between them side by side: scenarios, labs, faults, clouds and brokers wait most of the
# time, the others keep one core busy, and so does a build, whose modules wait for each other.
parts=(build+fuzz check unit+faults+clouds lab+kafka+scenarios browser+differential+host+api+deploy)
# A part that hangs fails instead of holding up the others. Minutes; a cold
# build of the dependencies is the longest thing here.
declare -A limits=([build]=35 [fuzz]=20 [differential]=20 [lab]=20 [faults]=20 [clouds]=15 [unit]=15 [scenarios]=15 [browser]=15)
usual_limit=10

logs=$root/.build/test-logs
mkdir -p "$logs"
export NETMETA_BINARY=$root/.build/release/netmeta

passed=0
failed=0
skipped=0
broken=()

main() {
    if [ "${1:-}" = --part ]; then
        # shellcheck disable=SC2064 # the part of now
        trap "times >'$logs/$2.times'" EXIT
        "part_$2"
        return
    fi
    if [ $# -gt 0 ]; then parts=("$@"); fi
    "$root/Scripts/setup.sh" test
    # The venv may be new.
    PATH=$venv/bin:$PATH
    "$root/Scripts/web-vendor.sh"

    local group part
    for group in "${parts[@]}"; do
        # shellcheck disable=SC2206 # words are what is wanted
        local names=(${group//+/ })
        for part in "${names[@]}"; do
            declare -F "part_$part" >/dev/null || die "no such part: $part"
            start_part "$part"
        done
        for part in "${names[@]}"; do finish_part "$part"; done
    done
    # Last, where whoever has only the end of it finds why.
    for part in ${broken[@]+"${broken[@]}"}; do
        echo "---- $part failed; what was wrong, and the end of $logs/$part.log:"
        grep -E '^(E  |FAILED|ERROR|✘)|^[^ ]+:[0-9]+: |^_____' "$logs/$part.log" | head -n 60 || true
        echo "..."
        tail -n 40 "$logs/$part.log"
        echo "----"
    done
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

declare -A started=() running=()

# Begins part_NAME with its output in a log.
start_part() {
    local name=$1 limit=${limits[$1]:-$usual_limit}
    started[$name]=$SECONDS
    rm -f "$logs/$name.times"
    timeout --kill-after=30 "${limit}m" "$root/Scripts/test.sh" --part "$name" >"$logs/$name.log" 2>&1 &
    running[$name]=$!
    # timeout has a process group of its own, so Ctrl-C has to be passed on.
    # shellcheck disable=SC2064 # the processes of now
    trap "kill ${running[*]} 2>/dev/null; exit 130" INT TERM
}

# Waits for its end and counts what the log says.
finish_part() {
    local name=$1 log=$logs/$1.log limit=${limits[$1]:-$usual_limit} status=0 result
    wait "${running[$name]}" || status=$?
    unset "running[$name]"
    local seconds=$((SECONDS - started[$name])) processor
    # User and system time, of the script and then of all that ended in it.
    processor=$(awk -F'[ms ]+' 'END { printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }' "$logs/$name.times" 2>/dev/null) ||
        processor=0
    if [ $status = 124 ]; then echo "timed out after $limit minutes" >>"$log"; fi
    result=$(python3 Scripts/count-results.py "$log" "$status")
    local p f s
    read -r p f s <<<"$result"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '%-12s %4d s, %4d s of processor  %s passed, %s failed, %s skipped' \
        "$name" "$seconds" "$processor" "$p" "$f" "$s"
    # Why something was left out belongs on the same line.
    sed -n 's/^skipped: /  (/p' "$log" | head -n 1 | sed 's/$/)/' | tr -d '\n'
    echo
    if [ "$f" != 0 ]; then broken+=("$name"); fi
}

part_build() {
    swift build -c release --build-tests
    # For make, which looks at times: the program is up to date.
    touch "$NETMETA_BINARY"
}

part_check() { Scripts/check.sh; }

part_unit() { swift test -c release --skip-build; }

# Every input that ever failed, then 20 s of new ones; the fuzzers have a build of their own.
part_fuzz() { Scripts/fuzz.sh 4; }

# Rows beside those of tshark and nfdump, field by field; ClickHouse's own clients and formats.
part_differential() { pytest -q -rs -p no:cacheprovider Tests/Differential Tests/ClickHouse; }

part_scenarios() { python3 Tests/Scenarios/run.py; }

# The API beside its own description.
part_api() { pytest -q -rs -p no:cacheprovider -p no:schemathesis -p no:hypothesispytest Tests/API; }

# What systemd, Kubernetes, Prometheus and Grafana are given.
part_deploy() { pytest -q -rs -p no:cacheprovider -p no:schemathesis -p no:hypothesispytest Tests/Deploy; }

part_lab() { in_namespaces "${host_labs[@]/#/--ignore=}" Tests/Lab; }

# The labs of this host's own sources, of scamper and FastNetMon: a part of their own, so that they run beside others.
host_labs=(Tests/Lab/test_host_sources.py Tests/Lab/test_fastnetmon.py Tests/Lab/test_scamper.py)
part_host() { in_namespaces "${host_labs[@]}"; }

# The server is killed, its disk is full or hangs and so on, with real processes; make soak is the long form.
part_faults() { in_namespaces "${clouds[@]/#/--ignore=}" Tests/Faults; }

# The same for what comes from clouds: a part of its own, for both mostly wait.
clouds=(Tests/Faults/test_cloud.py Tests/Faults/test_google.py)
part_clouds() { in_namespaces "${clouds[@]}"; }

in_namespaces() {
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: namespaces and mounts need root"
        return
    fi
    pytest -q -rs -p no:cacheprovider "$@"
}

# Collector, broker and store as processes, and what others make of our messages.
part_kafka() {
    pytest -q -rs -p no:cacheprovider Tests/Kafka
}

part_browser() {
    python3 Scripts/test-browser.py
}

main "$@"
