#!/usr/bin/env bash
# Lint and rules, for people and CI. Every check runs; the exit code is 1 when
# any failed. A check that cannot run here says so and why.
source "$(dirname "$0")/lib.sh"
cd "$root"

failed=0

# Runs a check under a name; its output is shown only when it fails.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        # Enough to work with, not a flood.
        head -n 60 <<<"$output" | sed 's/^/        /'
        failed=1
    fi
}
skip() { echo "skipped $1: $2"; }

swift_format() {
    local files
    mapfile -d '' files < <(find Package.swift Sources Tests -name '*.swift' -print0)
    swift format lint --strict --parallel "${files[@]}"
}

scripts_parse() {
    local file
    while read -r file; do
        case "$file" in
        *.py) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" ;;
        *) bash -n "$file" ;;
        esac || return 1
    done < <(git ls-files '*.sh' '*.py' .ci/run)
}

# What others made is fetched and pinned, never committed.
no_third_party() {
    local found
    found=$(
        git ls-files | grep -E '(^|/)(node_modules|vendor|\.build[^/]*)/|\.min\.(js|css)$|\.(so|whl|a|dylib)$' || true
        git ls-files -z | xargs -0 -r stat -c '%s %n' 2>/dev/null | awk '$1 > 300000 {print $2 " has " $1 " bytes"}'
    )
    if [ -n "$found" ]; then
        echo "$found"
        return 1
    fi
}

check "swift format" swift_format
check "import rule" Scripts/check-imports.sh
check "import rule finds a planted violation" Scripts/check-imports.sh --self-test
check "scripts parse" scripts_parse
check "nothing third-party in git" no_third_party

if [ -x .build/release/netmeta ]; then
    check "generated files are what the program renders" Scripts/generate.sh --check
else
    skip "generated files are what the program renders" "no release build (make build)"
fi

check "console sources" Scripts/check-web.sh

exit $failed
