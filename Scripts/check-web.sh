#!/bin/sh
# Checks the console without a browser: types, lint, format and the tests in Tests/Web.
# With --fix it formats in place.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/netmeta/venv
version=2.9.8
# The wheel for x86_64; pip refuses any other file.
sum=b1d1318e7deda8efd593aefa8b565a827fe71cf83aeff09d3a5ceb047444ca18

"$root/Scripts/web-vendor.sh"

if ! "$venv/bin/deno" --version 2>/dev/null | grep -q "^deno $version "; then
    echo "check-web: installing deno $version into $venv" >&2
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || {
        echo "check-web: can't make a venv (apt-get install python3-venv)" >&2
        exit 1
    }
    requirement=$(mktemp)
    trap 'rm -f "$requirement"' EXIT
    echo "deno==$version --hash=sha256:$sum" >"$requirement"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$requirement" || {
        echo "check-web: can't install deno $version" >&2
        exit 1
    }
fi

deno=$venv/bin/deno
export DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1 NO_COLOR=1
cd "$root/Web"
if [ "${1:-}" = "--fix" ]; then
    "$deno" fmt --quiet --config deno.json . ../Tests/Web
fi
"$deno" fmt --quiet --config deno.json --check . ../Tests/Web
"$deno" lint --quiet --config deno.json . ../Tests/Web
"$deno" check --quiet --no-remote --config deno.json app.js login.js ../Tests/Web/*.test.js
# The manual's pages and the links into it are read.
"$deno" test --quiet --no-remote --no-check --allow-read=.,../Docs --config deno.json ../Tests/Web
