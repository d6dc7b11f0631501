# Shared by the scripts of this folder; source it, don't run it.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netmeta
venv=$cache/venv

# What is printed belongs to the script that prints it.
say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*"; }
die() {
    printf '%s: error: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 1
}

# Test tools (deno, pytest, playwright) come from the venv when it is there.
if [ -d "$venv/bin" ]; then PATH=$venv/bin:$PATH; fi
export PATH
