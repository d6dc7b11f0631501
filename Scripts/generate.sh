#!/usr/bin/env bash
# The files that the program renders from its own tables.
#
#   generate.sh           writes them anew (make build first)
#   generate.sh --check   fails, with a diff, when one is not what it renders now
source "$(dirname "$0")/lib.sh"
cd "$root"

binary=.build/release/netmeta
[ -x $binary ] || die "no release build: make build"

# file: command
rendered='
Docs/schema.md: schema --as md
Docs/flow.proto: schema --as proto
Docs/elements.md: schema --as elements
Docs/configuration.md: config default --as markdown
Web/types/schema.d.ts: schema --as ts
Web/panelset.js: schema --as panels
'

differ=0
while IFS=: read -r file command; do
    if [ -z "$file" ]; then continue; fi
    # shellcheck disable=SC2086 # words of a command line
    text=$($binary $command && echo .) || die "netmeta $command failed"
    text=${text%.}
    if [ "${1:-}" = --check ]; then
        diff -u "$file" - <<<"${text%$'\n'}" || differ=1
    else
        mkdir -p "$(dirname "$file")"
        printf '%s' "$text" >"$file"
    fi
done <<<"$rendered"
exit $differ
