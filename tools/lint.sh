#!/bin/sh
# Everything that is checked without running healer.
set -eu
bin=$1
"$bin/ruff" format --check --quiet healer tests
"$bin/ruff" check --quiet healer tests
"$bin/mypy" --no-error-summary
"$bin/lint-imports" --no-cache >/tmp/healer-lint.$$ 2>&1 || {
    cat "/tmp/healer-lint.$$"
    rm -f "/tmp/healer-lint.$$"
    exit 1
}
rm -f "/tmp/healer-lint.$$"
if command -v shellcheck >/dev/null 2>&1; then
    find healer tools tests -name '*.sh' -print0 | xargs -0 -r shellcheck --shell=sh
else
    echo "lint: shellcheck is not installed, so shell scripts were not checked" >&2
    exit 1
fi
echo "lint: clean"
