#!/bin/sh
# Everything that is checked without running healer. All checks are run, also when an early one complains.
set -eu
bin=$1
bad=

check() {
    name=$1
    shift
    said=$("$@" 2>&1) || {
        bad="$bad $name"
        printf '%s\n' "$said" >&2
    }
}

check format "$bin/ruff" format --check --quiet healer tests benchmarks tools
check ruff "$bin/ruff" check --quiet healer tests benchmarks tools
check types "$bin/mypy" --no-error-summary
check imports "$bin/lint-imports" --no-cache
if command -v shellcheck >/dev/null 2>&1; then
    check shell find healer tools tests -name '*.sh' -exec shellcheck --shell=sh {} +
else
    bad="$bad shell"
    echo "lint: shellcheck is not installed, so shell scripts cannot be checked: apt-get install shellcheck" >&2
fi
[ -z "$bad" ] || {
    echo "lint: not clean:$bad" >&2
    exit 1
}
echo "lint: clean"
