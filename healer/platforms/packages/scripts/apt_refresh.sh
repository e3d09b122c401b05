# Refreshes the package lists. One list that cannot be had fails all: old lists must not pass for new ones.
# shellcheck disable=SC2154
# shellcheck disable=SC2034
lock_timeout=$1
wait_for_locks
heard apt-get -q update -o APT::Update::Error-Mode=any -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 ||
    stop 44 "not every package list could be fetched: $why"
