# What apt would upgrade, by its own simulation, and where every newer version comes from. Needs untouched and fingerprint.
# $1 is the fingerprint of an earlier answer, if there is one: where nothing has changed since, that answer still holds.
list_age() {
    echo '== lists'
    # `partial` is touched by every refresh, also by one that found nothing new.
    stat -c 'touched %Y' /var/lib/apt/lists /var/lib/apt/lists/partial /var/lib/apt/periodic/update-success-stamp 2>/dev/null
    date '+now %s'
    set -- /var/lib/apt/lists/*_Packages*
    [ -e "$1" ] && echo "files $#" || echo 'files 0'
}
now=$(fingerprint) || now=
echo '== fingerprint'
printf '%s\n' "$now"
if [ -n "$now" ] && [ "$now" = "${1-}" ]; then
    echo '== same'
    list_age
    exit 0
fi
set -f
simulation=$(untouched apt-get -s -q dist-upgrade) || exit 1
echo '== simulation'
printf '%s\n' "$simulation" | grep -v '^Conf '
if printf '%s\n' "$simulation" | grep -q -E '^(Remv|Purg) '; then
    echo '== cautious'
    cautious=$(untouched apt-get -s -q --with-new-pkgs upgrade) || exit 1
    printf '%s\n' "$cautious" | grep -v '^Conf '
fi
# dpkg is asked: apt-mark would open apt's cache, and write it anew where it is old.
# shellcheck disable=SC2016
held=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}:${Architecture}\n' | sed -n "s/^h[^ ]* *//p" |
    sed "s/:all\$//; s/:$(dpkg --print-architecture)\$//")
echo '== held'
printf '%s\n' "$held"
# The indented lines name, among others, what was kept back or waits for its phase.
names=$({
    printf '%s\n' "$simulation" | awk '/^Inst / { print $2 } /^  [^ ]/ { for (i = 1; i <= NF; i++) print $i }'
    printf '%s\n' "$held"
} | sed -n '/^[a-z0-9][a-z0-9+.:-]*$/p' | sort -u)
echo '== policy'
# shellcheck disable=SC2086
[ -z "$names" ] || untouched apt-cache policy $names || exit 1
echo '== sources'
# shellcheck disable=SC2016,SC2086
[ -z "$names" ] || dpkg-query -W -f='${Package}\t${Architecture}\t${source:Package}\n' $names 2>/dev/null || :
set +f
list_age
