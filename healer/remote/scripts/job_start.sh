#!/bin/sh
# The gate: ACT DETACHED(yes|no) HOLDER BOOT EPOCH INPUT_BYTES LIMIT. Standard input: the spec's lines, a line `.`, the wrapper's lines,
# a line `.`, then the act's own input. Answers as `report`. The same act again attaches to what the first start made.
#
# All input is read before the lock is taken, so that a slow link keeps nobody waiting, and counted, so that a cut link starts nothing.
# shellcheck disable=SC2154  # common.sh stands in front

act=$1 detached=$2 holder=$3 wanted_boot=$4 epoch=$5 bytes=$6 limit=$7
folders
base=$run/jobs
[ "$detached" = no ] || base=$lib/jobs
dir=$base/$act
stage=$base/.new-$act-$$
rm -rf -- "$stage"
mkdir -- "$stage" || refuse unwritable "$base"
trap 'unlock; rm -rf -- "$stage"' EXIT

section() {
    while IFS= read -r line; do
        [ "$line" != . ] || return 0
        printf '%s\n' "$line"
    done
    return 1
}

if ! { section >"$stage/spec" && section >"$stage/wrapper" && cat >"$stage/stdin"; }; then
    refuse short "$act"
fi
# shellcheck disable=SC2046  # wc pads its number with blanks on some systems
[ $(wc -c <"$stage/stdin") -eq "$bytes" ] || refuse short "$act"
for each in "$stage/spec" "$stage/wrapper" "$stage/stdin"; do
    flush "$each"
done

launched=yes
# Even a foreground act gets a session of its own, so that what ends the login does not end it; it is only waited for.
launch() {
    set -- env -i "PATH=$PATH" HOME=/root USER=root LOGNAME=root SHELL=/bin/sh /bin/sh "$dir/wrapper" "${root:-/}" "$dir" supervise
    if [ "$detached" = yes ] && [ -d "$root/run/systemd/system" ]; then
        as_unit "$@" || launched=no
        return 0
    fi
    apart='nohup'
    if command -v setsid >/dev/null 2>&1; then
        apart='setsid'
    fi
    "$apart" "$@" </dev/null >/dev/null 2>&1 &
    [ "$detached" = yes ] || wait "$!"
}

# A transient unit lives outside the SSH session. Its result is in files, so systemd need not keep it: a killed one is no failed unit.
as_unit() {
    if systemd-run --help 2>/dev/null | grep -q -e --collect; then
        set -- --collect "$@"
    fi
    systemctl reset-failed "healer-$act.service" 2>/dev/null
    set -- --unit="healer-$act" --description="healer act $act" --property=KillMode=process --property=OOMScoreAdjust=-900 "$@"
    systemd-run --quiet "$@" </dev/null >"$dir/launch" 2>&1
}

# A unit of that name may be there already, launched by another start of the same act: then the act begins all the same.
# The wrapper checks the gate once more at the moment it begins, under the same lock. A refusal there leaves the act free for a later start.
settle() {
    tries=0
    [ "$launched" = yes ] || tries=80
    while [ ! -f "$dir/begun" ] && [ ! -f "$dir/refused" ] && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        nap
    done
    if [ ! -f "$dir/begun" ] && [ "$launched" = no ]; then
        refuse unlaunched "$(head -n 1 "$dir/launch")"
    fi
    # Under the lock: another start of this act may just have let it begin.
    lock
    if [ ! -f "$dir/begun" ] && [ -f "$dir/refused" ]; then
        # shellcheck disable=SC2046  # words without blanks, written by the wrapper's refuse
        set -- $(cat "$dir/refused")
        rm -rf -- "$dir"
        shift
        refuse "$@"
    fi
}

lock
look
read_lease
check_lease "$holder" "$wanted_boot" "$epoch"
judge "$dir"
if [ "$state" = absent ]; then
    if any_alive; then
        refuse occupied "$act_holder" "${active##*/}"
    fi
    mkdir -- "$dir" 2>/dev/null
    is_ours "$dir" || refuse tampered "$dir"
    rm -f -- "$dir/refused"
    if ! { mv -f -- "$stage/spec" "$stage/wrapper" "$stage/stdin" "$dir/" && flush "$dir" && flush "$base"; }; then
        refuse unwritable "$dir"
    fi
    unlock
    launch
    settle
elif [ "$state" = starting ]; then
    unlock
    settle
fi
unlock
report "$dir" 0 "$limit"
