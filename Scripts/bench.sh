#!/usr/bin/env bash
# Decoders beside the C reference in one run: first proves that both give the
# same columns, then prints records a second. Fails below 0.75 of the reference.
#
#   bench.sh [ARGUMENT...]    arguments go to DecoderBenchmark: --verify, --rounds N, words of mixes
source "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # lib.sh sets it
cd "$root/Benchmarks"

swift build -c release --product DecoderBenchmark
exec .build/release/DecoderBenchmark "$@"
