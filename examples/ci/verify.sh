#!/bin/sh
# One verification for a CI job. Ends with shadowgate's own exit code, so that the
# job is green after a PASS alone. An INCONCLUSIVE (3) is tried once more, if the
# report says of every reason that it may pass by itself.
#
#   verify.sh [ARGUMENTS OF `shadowgate verify`]
#
# From the environment:
#   SHADOWGATE   the program                            [shadowgate]
#   REPORTS      where the reports go                   [reports]
#   RETRY_AFTER  seconds before the second attempt      [30]
set -eu

program=${SHADOWGATE:-shadowgate}
reports=${REPORTS:-reports}
pause=${RETRY_AFTER:-30}

# Exit code 2, as for every mistake in the set-up.
command -v jq >/dev/null || { echo "verify.sh: jq is missing" >&2; exit 2; }

newest() {
    readlink "$reports/latest" || true
}

attempt() {
    before=$(newest)
    status=0
    "$program" verify --report-dir "$reports" "$@" || status=$?
}

# Whether a second attempt makes sense. Where this attempt saved no report, that of
# an earlier run says nothing about it.
may_pass_by_itself() {
    [ "$status" -eq 3 ] && [ "$(newest)" != "$before" ] &&
        jq -e '.reasons | length > 0 and all(.transient)' \
            "$reports/latest/report.json" >/dev/null
}

# GitHub's runner takes a line that begins with `::` for a command. The output holds
# cells of the data, so commands are off until the line that only we know.
if [ "${GITHUB_ACTIONS:-}" = true ]; then
    word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    exec 2>&1
    echo "::stop-commands::$word"
    trap 'echo "::$word::"' EXIT
fi

attempt "$@"
if may_pass_by_itself; then
    echo "verify.sh: inconclusive for reasons that may pass; once more in $pause s" >&2
    sleep "$pause"
    attempt "$@"
fi
exit "$status"
