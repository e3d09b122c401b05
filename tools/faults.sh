#!/bin/sh
# The long fault campaigns, by hand: thousands of kills and cuts, on scripted hosts and on real ones (root). Each prints its figures and its seed,
# which HEALER_FAULT_SEED repeats. All are run, also when an early one fails.
set -eu
bin=$1
bad=

# campaign NAME [VARIABLE=VALUE...] FILE: one campaign in a process of its own.
campaign() {
    name=$1
    shift
    printf '\n== %s\n' "$name"
    env "$@" || bad="$bad $name"
}

campaign kills HEALER_FAULT_KILLS=1000 "$bin/pytest" -q -s tests/faults/test_kills.py
campaign cuts HEALER_FAULT_CUTS=200 "$bin/pytest" -q -s tests/faults/campaign_cuts.py
if "$bin/python" -m healer.lab.requirements; then
    campaign lab-kills HEALER_FAULT_LAB_KILLS=30 "$bin/pytest" -q -s tests/faults/campaign_lab_kills.py
    campaign lab-cuts HEALER_FAULT_LAB_CUTS=10 "$bin/pytest" -q -s tests/faults/campaign_lab_cuts.py
fi

[ -z "$bad" ] || {
    printf '\nfaults: failed:%s\n' "$bad" >&2
    exit 1
}
