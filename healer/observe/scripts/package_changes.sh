# shellcheck shell=sh
# The upgrades of the last two days as dpkg has logged them, and which of them are of packages that own a service which is in trouble, or
# which the words name. Needs owners, which reads paths and prints "owner<TAB>PACKAGES<TAB>PATH". Prints, tab separated:
#   zone     OFFSET-OF-LOCAL-TIME
#   upgrade  DATE TIME PACKAGE OLD NEW
#   path     UNIT PATH               its unit file, or the program that it starts
#   owner    PACKAGES PATH
#   end
TAB=$(printf '\t')

upgrades() {
  since=$(date -d "@$(($(date +%s) - 172800))" '+%Y-%m-%d %H:%M:%S') || fail "the time of two days ago cannot be reckoned here"
  for log in /var/log/dpkg.log.1 /var/log/dpkg.log; do
    [ ! -r "$log" ] || tail -n 20000 "$log"
  done | awk -v since="$since" '$3 == "upgrade" && ($1 " " $2) >= since { print "upgrade\t" $1 "\t" $2 "\t" $4 "\t" $5 "\t" $6 }'
}

# What the kernel calls /usr/lib/x, systemd may call /lib/x.
path() {
  case $2 in
    /lib/* | /bin/* | /sbin/*)
      top=${2#/}
      [ ! -L "/${top%%/*}" ] || set -- "$1" "/usr$2"
      ;;
  esac
  case $2 in /*) printf 'path\t%s\t%s\n' "$1" "$2" ;; esac
}

paths() {
  while read -r first second _; do
    case $first in *.service) set -- "$@" "$first" ;; *) case $second in *.service) set -- "$@" "$second" ;; esac ;; esac
  done <<END
$(systemctl list-units --type=service --state=failed,auto-restart --all --full --plain --no-legend --no-pager 2>/dev/null)
END
  [ $# -gt 0 ] || return 0
  systemctl show --all --property=Id,FragmentPath,ExecStart -- "$@" 2>/dev/null | awk -F= '
    $1 == "Id" { id = substr($0, 4) }
    $1 == "FragmentPath" { file[++files] = substr($0, 14) }
    $1 == "ExecStart" && match($0, /path=[^ ;]+/) { file[++files] = substr($0, RSTART + 5, RLENGTH - 5) }
    NF == 0 { tell() }
    END { tell() }
    function tell() { for (i = 1; i <= files; i++) if (file[i] != "") print id " " file[i]; files = 0 }' |
    while read -r unit file; do
      path "$unit" "$file"
    done
}

[ -r /var/log/dpkg.log ] || fail "upgrades are read from the log of dpkg, and there is none here that can be read"
found=$(upgrades) || exit 1
printf 'zone\t%s\n' "$(date +%z)"
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  if [ -d /run/systemd/system ] && have systemctl; then
    named=$(paths "$@")
    if [ -n "$named" ]; then
      printf '%s\n' "$named"
      printf '%s\n' "$named" | cut -f 3 | sort -u | owners | sed -n "/^owner$TAB/p"
    fi
  fi
fi
echo end
