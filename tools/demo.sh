#!/bin/sh
# Boots four real hosts, shows what rots on them, patches them rolling, shows what happened, takes them down again.
# Asks nothing, needs no terminal, and leaves nothing behind, also after Ctrl-C.
set -eu
bin=$1
"$bin/python" -m healer.lab.requirements >&2 || {
    echo "demo: it boots real hosts, and this machine cannot; the reasons are above" >&2
    exit 1
}
folder=$(mktemp -d "${TMPDIR:-/tmp}/healer-demo.XXXXXXXX")
export HEALER_STATE_DIR="$folder"
child=

finish() {
    trap '' HUP INT TERM
    if said=$("$bin/healer" lab down --name demo --directory "$folder" 2>&1); then
        rm -rf "$folder"
    else
        printf '%s\ndemo: the lab could not be taken down; try: %s lab down --name demo --directory %s\n' "$said" "$bin/healer" "$folder" >&2
    fi
}

# A command in the background does not hear Ctrl-C, so it is told here, and waited for.
stop() {
    trap '' HUP INT TERM
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" || true
    fi
    exit "$1"
}
trap finish EXIT
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM

# expect CODES COMMAND...: show a command and run it; end the demo when it exits with another code than one of these.
expect() {
    accepted=$1
    shift
    printf '\n$ healer %s\n' "$*"
    "$bin/healer" "$@" &
    child=$!
    code=0
    wait "$child" || code=$?
    child=
    [ "$code" = 0 ] || printf '(exit code %s)\n' "$code"
    case " $accepted " in
        *" $code "*) ;;
        *)
            echo "demo: that was not expected, so it ends here" >&2
            exit 1
            ;;
    esac
}

expect 0 lab up --hosts 4 --name demo --directory "$folder"
inventory=$folder/lab/demo/inventory.ini
expect 0 ping -i "$inventory"
expect 0 status -i "$inventory"
expect '0 3' plan -i "$inventory"
expect 0 patch --rolling -i "$inventory" --soak 3s --yes
expect 0 status -i "$inventory"
printf '\nA second run finds nothing to do, so it changes and drains nothing:\n'
expect 0 patch --rolling -i "$inventory" --soak 3s --yes
expect 0 history
