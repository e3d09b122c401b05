# Opens the file of a span once, as descriptor 3, and becomes the script OP with it. Arguments:
#   OP PID STARTED FD MODE(ro|rw) PATH DEVICE INODE START LENGTH WORDS...
# With a PID the file is reached through that process's descriptor; with `-` by its folder, which is entered first, and without ever
# following a link. OP gets what stands from PATH on; it compares descriptor 3 with the identity before it believes anything.
# Exit: 10 it is not that file (or process) any more, 13 it cannot be opened, else as OP.
# span_ground.sh stands in front.
op=$1 pid=$2 started=$3 fd=$4 mode=$5
shift 5

by_handle() {
    [ "$(ticks "$pid")" = "$started" ] || no 10 "process $pid is not there any more, or is another one"
    file=/proc/$pid/fd/$fd
    # Not a pipe or a device: to open those may wait, or do something.
    [ -f "$file" ] || no 10 "process $pid has no file open as $fd any more"
    # shellcheck disable=SC2261  # one of both
    case $mode in
        ro) command exec 3<"$file" ;;
        *) command exec 3<>"$file" ;;
    esac || no 13 "$file cannot be opened"
}

# Both do the same: enter the folder, see that no link was on the way, open without following one, hand the descriptor on.
# shellcheck disable=SC2016  # perl's own variables
with_perl='
use strict;
use Fcntl;
my ($folder, $name, $mode, @next) = @ARGV;
sub no_good { my $code = shift; print STDERR "@_\n"; exit $code }
chdir $folder or no_good(10, "$folder cannot be entered: $!");
my $real = readlink "/proc/self/cwd";
$real eq $folder or no_good(10, "$folder leads to $real: links are not followed");
$^F = 255;
sysopen(my $file, $name, ($mode eq "ro" ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK)
    or no_good($!{ENOENT} || $!{ELOOP} ? 10 : 13, "$folder/$name cannot be opened" . ($!{ELOOP} ? ": it is a link" : ": $!"));
fileno $file == 3 or no_good(13, "$folder/$name was not opened as descriptor 3");
exec { $next[0] } @next or no_good(13, "$next[0] cannot be run: $!");
'
with_python='
import errno, os, sys
folder, name, mode, *following = sys.argv[1:]
def no_good(code, words):
    sys.stderr.buffer.write(os.fsencode(words) + b"\n")
    sys.stderr.flush()
    os._exit(code)
try:
    os.chdir(folder)
except OSError as error:
    no_good(10, f"{folder} cannot be entered: {error.strerror}")
real = os.readlink("/proc/self/cwd")
if real != folder:
    no_good(10, f"{folder} leads to {real}: links are not followed")
try:
    file = os.open(name, (os.O_RDONLY if mode == "ro" else os.O_RDWR) | os.O_NOFOLLOW | os.O_NONBLOCK)
except OSError as error:
    words = "it is a link" if error.errno == errno.ELOOP else error.strerror
    no_good(10 if error.errno in (errno.ENOENT, errno.ELOOP) else 13, f"{folder}/{name} cannot be opened: {words}")
os.dup2(file, 3) if file != 3 else os.set_inheritable(3, True)
os.execvp(following[0], following)
'

by_folder() {
    path=$1
    shift
    folder=${path%/*}
    exec 3<&-
    if perl -MFcntl -MErrno -e 1 2>/dev/null; then
        exec perl -e "$with_perl" -- "${folder:-/}" "${path##*/}" "$mode" "$@"
    fi
    if python3 -I -S -c 'import os' 2>/dev/null; then
        exec python3 -I -S -c "$with_python" "${folder:-/}" "${path##*/}" "$mode" "$@"
    fi
    no 13 'no process has it open, and neither perl nor python3 is there to open it without following links'
}

path=$1
set -- sh -c "$op" healer "$@"
[ "$pid" = - ] && by_folder "$path" "$@"
by_handle
exec "$@"
