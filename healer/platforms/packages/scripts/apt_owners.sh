# Reads paths, prints "owner<TAB>PACKAGES<TAB>PATH" for those that packages own, then "source<TAB>PACKAGE<TAB>SOURCE".
# On merged-/usr systems the database may know /lib/x where the kernel says /usr/lib/x: both are asked for.
owned=$(awk '{
    pattern = $0
    gsub(/[][*?\\]/, "\\\\&", pattern)
    print pattern
    if (sub(/^\/usr\/(bin|sbin|lib[^\/]*)\//, "/&", pattern)) { sub(/^\/\/usr/, "", pattern); print pattern }
}' | tr '\n' '\0' | xargs -0 dpkg-query -S -- 2>/dev/null | awk '
    /^diversion by / { next }
    {
        at = index($0, ": /")
        path = substr($0, at + 2)
        names = substr($0, 1, at - 1)
        gsub(/,/, "", names)
        gsub(/:[a-z0-9-]+/, "", names)
        if (path !~ /^\/usr\// && path ~ /^\/(bin|sbin|lib[^\/]*)\//) merged[path] = names
        else print "owner\t" names "\t" path
        known[path] = 1
    }
    END { for (path in merged) if (!(("/usr" path) in known)) print "owner\t" merged[path] "\t/usr" path }')
printf '%s\n' "$owned"
names=$(printf '%s\n' "$owned" | awk -F '\t' '$1 == "owner" { print $2 }' | tr ' ' '\n' | sort -u)
# shellcheck disable=SC2016,SC2086
[ -z "$names" ] || dpkg-query -W -f='source\t${Package}\t${source:Package}\n' $names 2>/dev/null | sort -u
