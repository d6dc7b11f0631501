#!/usr/bin/env bash
# Serves and sends made-up traffic to the server: demo.sh BINARY DATA_FOLDER
# Ctrl-C stops both.
source "$(dirname "$0")/lib.sh"

binary=${1:?usage: demo.sh BINARY DATA_FOLDER}
data=${2:?usage: demo.sh BINARY DATA_FOLDER}

log=$(mktemp)
"$binary" serve --data "$data" > >(tee "$log") &
server=$!
# Ctrl-C reaches the server too (same process group); any other end of this
# script has to tell it.
trap 'kill -TERM $server 2>/dev/null; wait $server; rm -f "$log"' EXIT

until grep -q '^ready' "$log"; do
    kill -0 $server 2>/dev/null || die "the server ended before it was ready"
    sleep 0.1
done
# Names of what it invents go into the data folder.
"$binary" demo --data "$data"
