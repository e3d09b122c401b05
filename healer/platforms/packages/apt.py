"""Debian, Ubuntu and their kin: apt decides, dpkg installs, and both say what they do in words that can be read."""

from healer.platforms.packages import _apt_back as back
from healer.platforms.packages import _apt_jobs as jobs
from healer.platforms.packages import _apt_room as room
from healer.platforms.packages._apt_state import parse_database, parse_forecast, parse_locks
from healer.platforms.packages._apt_updates import parse_updates
from healer.platforms.packages.contract import GoingBack, PackageManager

_OWNERS = jobs.script("apt_owners.sh")
_UNTOUCHED = jobs.script("apt_untouched.sh")
_FINGERPRINT = jobs.script("apt_fingerprint.sh")

PLUGIN = PackageManager(
    name="apt",
    # apt-get alone is not enough: it is also packaged for systems that dpkg does not rule.
    detect="command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 && [ -s /var/lib/dpkg/status ]",
    updates_script=_UNTOUCHED + _FINGERPRINT + jobs.script("apt_updates.sh"),
    parse_updates=parse_updates,
    database_script=jobs.script("apt_database.sh"),
    parse_database=parse_database,
    locks_script=jobs.script("apt_lock_holders.sh") + jobs.script("apt_locks.sh"),
    parse_locks=parse_locks,
    forecast_script=f"owners_of_paths() {{\n{_OWNERS}\n}}\n{_UNTOUCHED}{_FINGERPRINT}{jobs.script('apt_forecast.sh')}",
    parse_forecast=parse_forecast,
    refresh=jobs.refresh,
    download=jobs.download,
    upgrade=jobs.upgrade,
    repair=jobs.repair,
    owners_script=_OWNERS,
    back=GoingBack(back.job, back.never, back.command, _UNTOUCHED + jobs.script("apt_way_back.sh"), back.parse_way),
    cache=room.CACHE,
    purge_kernel=room.purge_kernel,
)
