#!/usr/bin/env bash
# Everything that is measured, one after the other, or only one part of it:
#
#   bench.sh                        all parts, in short forms
#   bench.sh decode [ARGUMENT...]   decoders beside the C reference: first proves that both give the same
#                                   columns, then prints records a second; fails below 0.75 of the
#                                   reference. --verify, --rounds N, words of mixes
#   bench.sh ingest [ARGUMENT...]   UDP to stored rows beside the store alone and other collectors
#   bench.sh queries [ARGUMENT...]  NetMeta's panels here and on its own table layout
#   bench.sh space [ARGUMENT...]    bytes a flow beside that layout
source "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # lib.sh sets it
cd "$root"

main() {
    local part=${1:-all}
    [ $# -gt 0 ] && shift
    case $part in
    all)
        decode
        ingest --peers
        queries
        space
        ;;
    decode | ingest | queries | space) "$part" "$@" ;;
    *) die "no such part: $part (decode, ingest, queries, space)" ;;
    esac
}

decode() {
    swift build -c release --package-path Benchmarks --product DecoderBenchmark
    Benchmarks/.build/release/DecoderBenchmark "$@"
}

ingest() {
    swift build -c release --package-path Benchmarks --product StoreBenchmark
    python3 Benchmarks/ingest.py "$@"
}

queries() { python3 Benchmarks/queries/queries.py "$@"; }

space() { python3 Benchmarks/space.py "$@"; }

main "$@"
