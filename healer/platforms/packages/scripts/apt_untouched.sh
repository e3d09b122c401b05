# untouched PROGRAM WORDS...: what a program of apt says, leaving no trace on the host: no lock, no cache file, and not the planner's log,
# which apt-get writes even of a simulation.
#
# Reading all package lists anew takes seconds. So apt is shown the cache that its last refresh left, through a descriptor: it can be
# read but not replaced in its place. Where it no longer fits the lists apt fails, and what it needs is built in memory.
untouched() {
    program=$1
    shift
    set -- -o Debug::NoLocking=1 -o Dir::Log::Planner= -o Dir::Log::Solver= -o Dir::Cache::pkgcache= "$@"
    if [ -r /var/cache/apt/srcpkgcache.bin ] &&
        said=$("$program" -o Dir::Cache::srcpkgcache=/proc/self/fd/9 "$@" 9</var/cache/apt/srcpkgcache.bin 2>/dev/null </dev/null); then
        printf '%s\n' "$said"
    else
        "$program" -o Dir::Cache::srcpkgcache= "$@" </dev/null
    fi
}
