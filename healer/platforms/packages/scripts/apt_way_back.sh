# Where the installed version of each pending package can be had, and what the last download found that going back would touch. Needs
# untouched. Prints
#   have     PACKAGE offered|cached|kept
#   touches  PACKAGE         one beyond the transaction
#   unknown  REASON          where that was not simulated
set -f
# shellcheck disable=SC2016
names=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}:${Architecture}\n' | sed -n 's/^.i.//p' | sed 's/:all$//')
# shellcheck disable=SC2086
rows=$(untouched apt-cache policy $names | awk '
    function tell() { if (candidate != "" && candidate != installed) print name, installed, candidate, (offered ? "offered" : "-") }
    /^[^ ]/ { tell(); name = $1; sub(/:$/, "", name); installed = candidate = ""; offered = here = 0 }
    $1 == "Installed:" { installed = $2 }
    $1 == "Candidate:" { candidate = $2 }
    /^ \*\*\* / { here = 1; next }
    /^     [^ ]/ { here = 0 }
    here && /^        / && $2 != "/var/lib/dpkg/status" { offered = 1 }
    END { tell() }')
native=$(dpkg --print-architecture)
printf '%s\n' "$rows" | while read -r name installed _ where; do
    [ -n "$name" ] || continue
    file="${name%%:*}_$(printf '%s' "$installed" | sed 's/:/%3a/g')"
    case $name in
        *:*) kinds=${name#*:} ;;
        *) kinds="$native all" ;;
    esac
    for kind in $kinds; do
        if [ -e "/var/lib/healer/packages/${file}_$kind.deb" ]; then
            where=kept
        elif [ "$where" != kept ] && [ -e "/var/cache/apt/archives/${file}_$kind.deb" ]; then
            where=cached
        fi
    done
    [ "$where" = - ] || printf 'have\t%s\t%s\n' "$name" "$where"
done
# The simulation holds for the versions that it was made for.
if [ ! -r /var/lib/healer/packages/simulated ]; then
    printf 'unknown\tgoing back is simulated when the packages are downloaded\n'
elif { printf '%s\n' "$rows"; echo '--'; grep '^pin	' /var/lib/healer/packages/simulated; } | awk '
    $0 == "--" { second = 1; next }
    !second { candidate[$1] = $3; next }
    { sub(/^pin\t/, ""); at = index($0, "="); if (candidate[substr($0, 1, at - 1)] != substr($0, at + 1)) stale = 1 }
    END { exit stale }'; then
    sed -n '/^touches	/p; /^unknown	/p' /var/lib/healer/packages/simulated
else
    printf 'unknown\tgoing back was simulated for other versions\n'
fi
echo 'end'
