# Whether dpkg's database is whole. Read only.
for file in /var/lib/dpkg/updates/[0-9]*; do
    [ -e "$file" ] && echo "journal ${file##*/}"
done
# shellcheck disable=SC2016
dpkg-query -W -f='${db:Status-Abbrev}|${binary:Package}\n' | awk -F'|' '
    # The second letter is the state, the third is R where a package must be installed again.
    $1 !~ /^.[inc] ?$/ { print "broken " $2 }'
dpkg --audit | awk 'NF { print "audit " $0 }'
sum=$(sha256sum /var/lib/dpkg/status) || exit 1
echo "fingerprint ${sum%% *}"
