#!/usr/bin/env bash
# Everything that is measured, one after the other, or only one part of it:
#
#   bench.sh                        all parts, in short forms, with how long each took and whether it failed
#   bench.sh decode [ARGUMENT...]   decoders beside the C reference: first proves that both give the same
#                                   columns, then prints records a second; fails below 0.75 of the
#                                   reference. --verify, --rounds N, words of mixes
#   bench.sh messages [ROUNDS]      flows to Protocol Buffers beside plain C; fails below 1.5 of it
#   bench.sh kafka [FLOWS [PER...]] UDP to rows, UDP to a topic of noida-db, and the topic to rows on one core
#   bench.sh remote [SECONDS [PAIRS]]  rows to ClickHouse's engine over HTTP beside the embedded one
#   bench.sh ingest [ARGUMENT...]   UDP to stored rows beside the store alone and other collectors
#   bench.sh turns [ARGUMENT...]    the server and the store alone in turn, so that both meet the same
#                                   better and worse minutes of the machine
#   bench.sh enrichment [ARGUMENT...]  what the AS map, and all names, places and routes, cost ingest
#   bench.sh queries [ARGUMENT...]  NetMeta's panels here and on its own table layout
#   bench.sh explain [ARGUMENT...]  what changed in 5, 15 and 60 minutes, among 100 million rows
#   bench.sh space [ARGUMENT...]    bytes a flow beside that layout
#   bench.sh mirror [ARGUMENT...]   frames a second that one core captures, beside tcpdump and dumpcap (root)
#   bench.sh cloud [ARGUMENT...]   time and memory of importing flow logs of AWS, by the size of the file
#   bench.sh asmap [SHARE]          a made-up full table: reading, building, look-ups, the compiled file;
#                                   then a share (0.1) of it from 40 peers as bzip2, beside bgpdump
#   bench.sh places                 a made-up database of cities of GeoLite2's size: reading, building, memory
source "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # lib.sh sets it
cd "$root"

main() {
    local part=${1:-all}
    [ $# -gt 0 ] && shift
    case $part in
    all) all ;;
    decode | messages | kafka | remote | ingest | turns | enrichment | queries | explain | space | mirror | cloud | asmap | places) "$part" "$@" ;;
    *) die "no such part: $part (decode, messages, kafka, remote, ingest, turns, enrichment, queries, explain, space, mirror, cloud, asmap, places)" ;;
    esac
}

# Every part, also when one before it failed, and how each ended.
all() {
    local part started outcome failed=0 table="| part | minutes | |"$'\n'"|---|--:|---|"
    for part in decode messages kafka remote 'ingest --peers' 'turns --turns 8' enrichment 'queries --runs 2' \
        'explain --rows 33000000 --days 1' space mirror cloud asmap places; do
        started=$SECONDS outcome=done
        # shellcheck disable=SC2086 # words of its own
        "$root/Scripts/bench.sh" $part || { outcome="**failed ($?)**" failed=1; }
        table+=$'\n'"| $part | $(((SECONDS - started + 30) / 60)) | $outcome |"
    done
    echo "$table"
    return $failed
}

decode() {
    swift build -c release --package-path Benchmarks --product DecoderBenchmark
    Benchmarks/.build/release/DecoderBenchmark "$@"
}

messages() {
    swift build -c release --package-path Benchmarks --product MessageBenchmark
    Benchmarks/.build/release/MessageBenchmark "$@"
}

kafka() { "$venv/bin/python" Benchmarks/kafka.py "$@"; }

remote() { "$venv/bin/python" Benchmarks/remote.py "$@"; }

ingest() {
    swift build -c release --package-path Benchmarks --product StoreBenchmark
    python3 Benchmarks/ingest.py "$@"
}

turns() {
    swift build -c release --package-path Benchmarks --product StoreBenchmark
    python3 Benchmarks/turns.py "$@"
}

enrichment() {
    swift build -c release --package-path Benchmarks --product AddressMapBenchmark
    python3 Benchmarks/enrichment.py "$@"
}

queries() { python3 Benchmarks/queries/queries.py "$@"; }

explain() { python3 Benchmarks/explain.py "$@"; }

space() { python3 Benchmarks/space.py "$@"; }

mirror() { python3 Benchmarks/mirror.py "$@"; }

cloud() { python3 Benchmarks/cloud.py "$@"; }

asmap() {
    swift build -c release --package-path Benchmarks --product AddressMapBenchmark
    local program=Benchmarks/.build/release/AddressMapBenchmark folder
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$folder'" EXIT
    "$program" write 1 1 >"$folder/one.mrt"
    echo "full table of one peer"
    "$program" measure "$folder/one.mrt"
    "$program" write 40 "${1:-0.1}" | bzip2 >"$folder/forty.mrt.bz2"
    echo "${1:-0.1} of a full table of 40 peers, bzip2"
    "$program" read "$folder/forty.mrt.bz2"
    if command -v bgpdump >/dev/null; then
        local start=$EPOCHREALTIME
        bgpdump -m "$folder/one.mrt" >/dev/null 2>&1
        awk "BEGIN {printf \"bgpdump -m of the full table of one peer: %.1f s\\n\", $EPOCHREALTIME - $start}"
    else
        echo "bgpdump isn't installed (Scripts/setup.sh test): no reference for reading"
    fi
}

places() {
    swift build -c release --package-path Benchmarks --product AddressMapBenchmark
    local folder
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$folder'" EXIT
    python3 Benchmarks/city_mmdb.py "$folder/city.mmdb"
    Benchmarks/.build/release/AddressMapBenchmark build "$folder/city.mmdb"
}

main "$@"
