#!/usr/bin/env bash
# The long form of the fault tests: everything once, then one fault after the
# other in an order of chance, while questions are asked and flows come.
#
#   soak.sh SECONDS        NETMETA_SOAK_SEED repeats an order
source "$(dirname "$0")/lib.sh"
cd "$root"

[ "$(id -u)" = 0 ] || die "mounts and namespaces need root: sudo make soak"
export NETMETA_BINARY=${NETMETA_BINARY:-$root/.build/release/netmeta}
export NETMETA_SOAK_SECONDS=${1:-1800}
PATH=$venv/bin:$PATH
exec pytest -q -rs -s -p no:cacheprovider Tests/Faults
