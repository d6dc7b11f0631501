#!/usr/bin/env bash
# Proves the import rule: the program is a straight line, so a target imports
# only targets that stand before it, and those that decode, describe and count
# import nothing but the standard library (no Foundation, no NIO, no Logging).
#
#   check-imports.sh               checks this checkout
#   check-imports.sh --self-test   proves that a planted violation is found
source "$(dirname "$0")/lib.sh"

# THE table. Columns: target | kind | targets it may import.
# kind pure: besides those only the standard library; kind edge: any package.
# A new target needs a line here before the check passes.
table='
NetTypes         | pure |
WireFormat       | pure |
FlowSchema       | pure | NetTypes
FlowDecoders     | pure | NetTypes WireFormat FlowSchema
Enrichment       | pure | NetTypes WireFormat FlowSchema
OwnThreads       | edge |
CGzip            | pure |
CBzip2           | pure |
CNetSNMP         | pure |
NameSources      | edge | NetTypes WireFormat Enrichment OwnThreads CGzip CBzip2 CNetSNMP
NetMetaTesting   | edge | NetTypes WireFormat FlowSchema FlowDecoders
CLinuxCapture    | pure |
LinuxCapture     | edge | NetTypes WireFormat CLinuxCapture
CArrowDatabase   | pure |
CKafka           | pure |
FlowStore        | edge | NetTypes FlowSchema OwnThreads CArrowDatabase
FlowQuery        | pure | NetTypes FlowSchema
Telemetry        | pure | NetTypes
VirtualExporters | pure | NetTypes FlowSchema
Pipeline         | edge | NetTypes WireFormat FlowSchema FlowDecoders LinuxCapture Enrichment FlowStore Telemetry OwnThreads CKafka
CCrypt           | pure |
WebAPI           | edge | CGzip NetTypes FlowSchema FlowStore FlowQuery Telemetry CCrypt
netmeta          | edge | CGzip NetTypes WireFormat FlowSchema FlowDecoders Enrichment NameSources LinuxCapture FlowStore FlowQuery Telemetry Pipeline VirtualExporters WebAPI OwnThreads
'

# What comes with the compiler and the C library.
standard='Swift Synchronization Glibc Musl Darwin'

# Prints one line for each violation below $1; prints nothing when there is none.
violations() {
    local sources=$1
    for folder in "$sources"/*/; do
        local target kind allowed
        target=$(basename "$folder")
        if ! row "$target" >/dev/null; then
            echo "Sources/$target: not in the table of Scripts/check-imports.sh"
            continue
        fi
        IFS='|' read -r kind allowed < <(row "$target")
        imports "$folder" | while read -r file line module; do
            permitted "$module" "$kind" "$allowed" ||
                echo "$file:$line: $target (${kind// /}) must not import $module"
        done
    done
}

# Prints one line for each import of a target that is linked into another package below $1 and whose target isn't there:
# that package is built by hand only.
missing_links() {
    local package folder file line module
    for package in "$1"/Benchmarks "$1"/Fuzz; do
        for folder in "$package"/Sources/*/; do
            [ -d "$folder" ] || continue
            imports "$folder" | while read -r file line module; do
                if row "$module" >/dev/null && [ ! -e "$package/Sources/$module" ]; then
                    echo "$file:$line: $module is neither linked into ${package##*/}/Sources nor named in its Package.swift"
                fi
            done
        done
    done
}

# "kind | allowed" of a target; fails when the table does not name it.
row() { awk -F'|' -v target="$1" '{name = $1; gsub(/ /, "", name)} name == target {print $2 "|" $3; found = 1} END {exit !found}' <<<"$table"; }

# "file line module" of each import below a folder: attributes, an access
# level and a kind of symbol may stand around the module's name.
imports() {
    local level='(public|package|internal|fileprivate|private)[[:space:]]+'
    local symbol='(struct|class|enum|protocol|typealias|func|let|var|actor)[[:space:]]+'
    { grep -rnE --include='*.swift' "^[[:space:]]*(@[^[:space:]]+[[:space:]]+)*($level)?import[[:space:]]" "$1" || true; } |
        sed -E "s/^([^:]+):([0-9]+):.*import[[:space:]]+($symbol)?([A-Za-z_0-9]+).*/\1 \2 \5/"
}

permitted() {
    local module=$1 kind=$2 allowed=$3
    case " $allowed $standard " in *" $module "*) return 0 ;; esac
    # Of our own targets only those allowed; of others any, at the edges.
    if row "$module" >/dev/null; then return 1; fi
    case "$kind" in *edge*) return 0 ;; esac
    return 1
}

self_test() {
    local tree
    tree=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$tree'" EXIT
    mkdir -p "$tree"/{NetTypes,FlowSchema,WebAPI,Stray}
    echo 'import Synchronization' >"$tree/NetTypes/Good.swift"
    printf 'public import NetTypes\ninternal import struct NetTypes.Prefix\n' >"$tree/FlowSchema/Good.swift"
    printf '@preconcurrency import Hummingbird\nimport FlowQuery\n' >"$tree/WebAPI/Good.swift"
    rmdir "$tree/Stray"
    [ -z "$(violations "$tree")" ] || die "self-test: complains about a clean tree: $(violations "$tree")"

    mkdir "$tree/Stray"
    echo 'import Foundation' >"$tree/NetTypes/Bad.swift"
    echo '@_exported public import FlowStore' >"$tree/FlowSchema/Bad.swift"
    echo 'internal import struct FlowDecoders.X' >"$tree/WebAPI/Bad.swift"
    local found
    found=$(violations "$tree")
    for planted in 'NetTypes/Bad.swift' 'FlowSchema/Bad.swift' 'WebAPI/Bad.swift' 'Sources/Stray'; do
        grep -q "$planted" <<<"$found" || die "self-test: a planted violation was not found: $planted"
    done
    [ "$(wc -l <<<"$found")" = 4 ] || die "self-test: 4 violations planted, found: $found"

    mkdir -p "$tree"/{Benchmarks,Fuzz}/Sources
    ln -s ../../FlowSchema "$tree/Benchmarks/Sources/FlowSchema"
    ln -s ../../FlowStore "$tree/Benchmarks/Sources/FlowStore"
    mkdir "$tree/FlowStore"
    found=$(missing_links "$tree")
    grep -q "NetTypes is neither linked into Benchmarks" <<<"$found" || die "self-test: a missing link was not found"
    ! grep -q "FlowStore is neither" <<<"$found" || die "self-test: complains about a link that is there: $found"
}

if [ "${1:-}" = --self-test ]; then
    self_test
else
    found=$(violations "$root/Sources" && missing_links "$root")
    if [ -n "$found" ]; then
        echo "${found//$root\//}" >&2
        die "$(wc -l <<<"$found") import(s) against the rule"
    fi
fi
