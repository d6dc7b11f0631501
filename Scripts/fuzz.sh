#!/usr/bin/env bash
# Fuzzes what reads strangers' bytes: replays every input that ever failed, then looks for new ones.
#
#   fuzz.sh [SECONDS [TARGET...]]    SECONDS for each target, 60 by default
#
# FUZZ_SKIP_BUILD=1 uses what is built. A finding is kept in
# Fuzz/FailCases/TARGET and fails the run; it is replayed from then on.
#
# What the commands below know: a crash under AddressSanitizer hangs while
# Swift's backtracer is on; only SIGKILL ends a fuzzer surely; a wrong order of
# flags gives fuzzers that run without seeing what they run. So builds are
# fresh, and the canary has to be found first.
source "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # lib.sh sets it
cd "$root/Fuzz"

seconds=${1:-60}
shift $(($# > 0))
targets=(FuzzNetFlow FuzzIPFIX FuzzSFlow FuzzPacket FuzzCapture FuzzRoutes FuzzBMP FuzzFilter FuzzCloudLogs FuzzFlowMessage
    FuzzWarts)
if [ $# -gt 0 ]; then targets=("$@"); fi

scratch=.build-fuzz
binaries=$scratch/release
corpus=.build-corpus
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
failed=0
passed=0

main() {
    if [ "${FUZZ_SKIP_BUILD:-}" != 1 ]; then build; fi
    canary
    seeds
    local target
    for target in "${targets[@]}"; do
        replay "$target"
        if [ "$seconds" != 0 ]; then live "$target"; fi
    done
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

build() {
    rm -rf "$scratch"
    # The compiler heeds only the last -sanitize: both in one, behind SwiftPM's own two, which the linker needs.
    swift build -c release --scratch-path "$scratch" --sanitize=fuzzer --sanitize=address \
        -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
}

# Must be found within ten seconds, or the fuzzers are blind.
canary() {
    local log=$scratch/canary.log
    timeout -s KILL 10 "$binaries/FuzzCanary" -seed=1 -max_len=3 -artifact_prefix="$scratch/canary-" >"$log" 2>&1 || true
    if ! grep -q 'the canary was found' "$log"; then
        tail -n 5 "$log"
        die "the planted crash was not found within 10 s: these fuzzers see nothing"
    fi
    say "the planted crash was found"
    passed=$((passed + 1))
}

seeds() {
    # Captures of other projects help when they lie beside the checkout.
    local captures=("$root"/Tests/Fixtures/*/*/capture.pcap)
    if [ -d "$root/../shared/corpora" ]; then
        while IFS= read -r file; do captures+=("$file"); done < <(
            find "$root/../shared/corpora" -name '*.pcap' -size -256k | sort
        )
    fi
    python3 "$root/Scripts/fuzz-seeds.py" "$corpus" "${captures[@]}"
}

replay() {
    local cases=(FailCases/"$1"/*)
    if [ ! -e "${cases[0]}" ]; then return; fi
    if timeout -s KILL 120 "$binaries/$1" "${cases[@]}" >"$scratch/$1-replay.log" 2>&1; then
        say "$1: ${#cases[@]} former findings are well"
        passed=$((passed + 1))
    else
        tail -n 20 "$scratch/$1-replay.log"
        say "$1: a former finding fails again"
        failed=$((failed + 1))
    fi
}

live() {
    local log=$scratch/$1.log length=4096
    if [ "$1" = FuzzPacket ]; then length=512; fi
    if [ "$1" = FuzzFilter ]; then length=1024; fi
    if [ "$1" = FuzzCapture ]; then length=16384; fi
    mkdir -p "$corpus/$1" "FailCases/$1"
    local status=0
    timeout -s KILL $((seconds + 60)) "$binaries/$1" "$corpus/$1" -max_total_time="$seconds" -max_len="$length" \
        -timeout=20 -rss_limit_mb=3000 -use_value_profile=1 -print_final_stats=1 \
        -artifact_prefix="FailCases/$1/" >"$log" 2>&1 || status=$?
    rmdir --ignore-fail-on-non-empty "FailCases/$1" || true
    local runs
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    local coverage
    coverage=$(grep -o "cov: [0-9]*" "$log" | tail -n 1 || true)
    if [ $status = 0 ] && [ -n "$runs" ] && [ -n "$coverage" ]; then
        say "$1: $seconds s, $runs inputs, $coverage, nothing found"
        passed=$((passed + 1))
    else
        tail -n 40 "$log"
        say "$1: FOUND something (exit $status); the input is in Fuzz/FailCases/$1"
        failed=$((failed + 1))
    fi
}

main
