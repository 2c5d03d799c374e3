#!/bin/sh
# The daily verification, run by cron or systemd alike. Ends with shadowgate's own
# exit code, 4 (another run holds the lock) among them: 0 says that the new path was
# verified and returns what the old one does, and nothing else may say so. What is to
# be looked at goes to stderr, so that cron sends a mail; a pass and a held lock are
# only logged.
#
# From the environment, absolute paths all:
#   SHADOWGATE            the program     [/usr/local/bin/shadowgate]
#   SHADOWGATE_CONFIG     configuration   [/etc/shadowgate/shadowgate.toml]
#   SHADOWGATE_REPORTS    reports         [/var/lib/shadowgate/reports]
#   SHADOWGATE_LOGS       logs            [/var/log/shadowgate]
#   SHADOWGATE_KEEP_DAYS  how long both are kept, in days  [30]
#
# Secrets are no concern of this script: shadowgate reads them from the `env_file`
# that its configuration names, and no shell ever does.
set -u
# Logs and reports hold rows of the data.
umask 077

program=${SHADOWGATE:-/usr/local/bin/shadowgate}
config=${SHADOWGATE_CONFIG:-/etc/shadowgate/shadowgate.toml}
reports=${SHADOWGATE_REPORTS:-/var/lib/shadowgate/reports}
logs=${SHADOWGATE_LOGS:-/var/log/shadowgate}
keep_days=${SHADOWGATE_KEEP_DAYS:-30}

say() {
    printf '%s daily.sh: %s\n' "$(date +%Y-%m-%dT%H:%M:%S%z)" "$*"
}

refuse() {
    say "$*" >&2
    exit 2
}

for path in "$program" "$config" "$reports" "$logs"; do
    case $path in
        /*) ;;
        *) refuse "not an absolute path: $path" ;;
    esac
done
case $keep_days in
    '' | 0* | *[!0-9]*) refuse "SHADOWGATE_KEEP_DAYS is no number of days: $keep_days" ;;
esac

log=$logs/daily-$(date +%Y%m%d-%H%M%S%z).log
{ mkdir -p "$logs" "$reports" && true >>"$log"; } || refuse "cannot write $log"

# A signal ends the wait, not the run: it is passed on, and the run ends by itself
# within seconds, with a report. (A terminal sends SIGINT to the run as well.)
verify() {
    "$program" verify --quiet --config "$config" --report-dir "$reports" >>"$log" 2>&1 &
    run=$!
    stopped=
    trap 'stopped=yes; kill -s TERM "$run" 2>/dev/null' TERM
    trap 'stopped=yes' INT
    wait "$run"
    status=$?
    while [ -n "$stopped" ]; do
        stopped=
        wait "$run"
        ended=$?
        # 127: the run had ended already, and its status is known.
        [ "$ended" -eq 127 ] || status=$ended
    done
    trap - TERM INT
}

is_old() {
    [ -n "$(find "$1" -prune -mtime "+$keep_days")" ]
}

digit='[0-9]'
day=$digit$digit$digit$digit$digit$digit$digit$digit
time=$digit$digit$digit$digit$digit$digit
hex='[0-9a-f]'

# Removes old report folders, told by their name and content; links and whatever else
# lies there stay. The newest run stays however old it is, and all do while it is not
# known. What a rollback would have lost is evidence: its folder is yours to remove.
remove_old_reports() {
    newest=$(readlink "$reports/latest") && [ -d "$reports/latest" ] ||
        { say "no report is removed: $reports/latest names none"; return; }
    newest=${newest%/}
    for folder in "$reports"/$day-$time-$hex$hex$hex$hex$hex$hex; do
        [ "${folder##*/}" != "${newest##*/}" ] || continue
        [ -d "$folder" ] && [ ! -L "$folder" ] && [ -f "$folder/report.json" ] || continue
        [ ! -e "$folder/rollback.json" ] && is_old "$folder" || continue
        rm -rf "$folder" && say "removed $folder"
    done
}

remove_old_logs() {
    for file in "$logs"/daily-$day-$time*.log; do
        [ -f "$file" ] && [ ! -L "$file" ] && is_old "$file" || continue
        rm -f "$file" && say "removed $file"
    done
}

meaning() {
    case $1 in
        0) echo "pass" ;;
        1) echo "FAIL: a gate is broken" ;;
        2) echo "mistake in the configuration: nothing was verified" ;;
        3) echo "INCONCLUSIVE: the data could not be seen whole" ;;
        4) echo "another run holds the lock: left to it" ;;
        130 | 143) echo "interrupted" ;;
        *) echo "unexpected: nothing was verified" ;;
    esac
}

# Once a log is written: what cron is to mail and the journal to show.
tell() {
    say "exit $status, $(meaning "$status"); $log"
    grep -E '^(FAIL|INCONCLUSIVE|error:) ' "$log" | head -n 5
}

say "verifies what $config says" >>"$log"
verify
say "exit $status, $(meaning "$status")" >>"$log"
# Whether these succeed says nothing about the data.
{ remove_old_reports; remove_old_logs; } >>"$log" 2>&1
case $status in
    0 | 4) ;;
    *) tell >&2 ;;
esac
exit "$status"
