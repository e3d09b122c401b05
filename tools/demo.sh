#!/bin/sh
# Boots four real hosts, shows what rots on them, patches them rolling, shows what happened, takes them down again.
set -eu
bin=$1
"$bin/python" -m healer.lab.requirements || {
    echo "demo: it boots real hosts, and this machine cannot; the reasons are above" >&2
    exit 1
}
folder=$(mktemp -d "${TMPDIR:-/tmp}/healer-demo.XXXXXXXX")
export HEALER_STATE_DIR="$folder"
finish() {
    "$bin/healer" lab down --name demo --directory "$folder" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

show() {
    printf '\n$ healer %s\n' "$*"
    code=0
    "$bin/healer" "$@" || code=$?
    [ "$code" = 0 ] || printf '(exit code %s)\n' "$code"
}

show lab up --hosts 4 --name demo --directory "$folder"
inventory=$folder/lab/demo/inventory.ini
show ping -i "$inventory"
show status -i "$inventory"
show plan -i "$inventory"
show patch --rolling -i "$inventory" --soak 3s --yes
show status -i "$inventory"
printf '\nA second run finds nothing to do, so it changes and drains nothing:\n'
show patch --rolling -i "$inventory" --soak 3s --yes
show history
