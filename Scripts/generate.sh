#!/usr/bin/env bash
# Writes the files that are rendered from the field table anew (make build first).
source "$(dirname "$0")/lib.sh"
cd "$root"

binary=.build/release/netmeta
[ -x $binary ] || die "no release build: make build"
mkdir -p Docs Web/types
$binary schema --as md >Docs/schema.md
$binary schema --as proto >Docs/flow.proto
$binary schema --as ts >Web/types/schema.d.ts
