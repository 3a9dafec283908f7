#!/bin/sh
# What an administrator does with the package, on a computer with a real systemd. Runs as root within it; what is seen is written
# into files of the folder that is named, and judged outside.
cd "$1"

say() { # name, value
  printf '%s\n' "$2" >"said/$1"
}
as_said() { # name, command
  name=$1
  shift
  "$@" >"said/$name" 2>&1
  echo "$?" >"said/$name.exit"
}
of_unit() {
  systemctl show millrace.service --property="$1" --value
}
wait_for() { # seconds, command
  deadline=$(($(date +%s) + $1))
  shift
  until "$@" || [ "$(date +%s)" -ge "$deadline" ]; do sleep 0.1; done
}
has_restarted() {
  [ "$(of_unit NRestarts)" -ge 1 ] && [ "$(of_unit SubState)" = running ]
}
node() {
  "$(ls /opt/millrace/node_modules/node-linux-*/bin/node)" "$@"
}
metrics() {
  node -e 'fetch("http://127.0.0.1:8484/metrics").then((page) => page.text()).then(console.log)'
}
# Opens every device of the folder under the given properties of a unit, as a user for whom their modes are no hindrance.
open_devices() {
  systemd-run --quiet --wait --pipe --property=User=nobody "$@" sh "$PWD/open-devices.sh" "$PWD/devices"
}
has_right_clock() {
  metrics | grep -q '^millrace_clock_synchronised.* 1$'
}

mkdir said
as_said install dpkg --install older.deb
say installed-state "$(of_unit ActiveState) $(of_unit UnitFileState)"

open_devices --property=DevicePolicy=strict >said/devices-none 2>&1
rules=$(systemctl show millrace --property=DevicePolicy --property=DeviceAllow)
IFS='
'
# shellcheck disable=SC2086 # one property a line
open_devices $(echo "$rules" | sed 's/^/--property=/') >said/devices 2>&1
unset IFS

cp gateway.yaml /etc/millrace/gateway.yaml
cp press-07.yaml /etc/millrace/devices/
chown millrace:millrace /etc/millrace/gateway.yaml /etc/millrace/devices/press-07.yaml
install -o millrace -g millrace -m 0600 outbox.db /var/lib/millrace/outbox.db
echo 'MILLRACE_LOG_LEVEL=debug' >/etc/default/millrace
mkdir -p /etc/systemd/system/millrace.service.d
printf '[Service]\nWatchdogSec=8s\nRestartSec=100ms\n' >/etc/systemd/system/millrace.service.d/hurry.conf
systemctl daemon-reload

systemd-run --quiet --unit=press "$(ls /opt/millrace/node_modules/node-linux-*/bin/node)" "$1/press.ts" 5020
as_said start systemctl start millrace
process=$(of_unit MainPID)
say status-text "$(of_unit StatusText)"
say process "$(grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$process/status")"
say groups "$(id -nG millrace)"
say mounts "$(grep -E ' (/|/var/lib/millrace|/etc/millrace/devices) ' "/proc/$process/mounts")"
as_said reload systemctl reload millrace
sleep 10
as_said status millrace status
say alive "$(of_unit NRestarts) $(of_unit SubState)"
# A chronyd that sets no clock (-x) and follows another one, where the machine has it.
if [ -x /usr/sbin/chronyd ]; then
  systemd-run --quiet --unit=time-server /usr/sbin/chronyd -d -x -U -u root -f "$1/time-server.conf"
  systemd-run --quiet --unit=time-follower --property=RuntimeDirectory=chrony --property=RuntimeDirectoryMode=0700 \
    /usr/sbin/chronyd -d -x -U -u root -f "$1/time-follower.conf"
  wait_for 90 has_right_clock
fi
metrics >said/metrics
kill -STOP "$process"
wait_for 60 has_restarted
say hung "$(of_unit NRestarts) $(of_unit SubState)"

as_said backup millrace backup gateway.backup --open

as_said version-before millrace --version
systemctl stop press
sleep 1
millrace buffer export >said/events-before
as_said upgrade dpkg --install newer.deb
say upgraded-state "$(of_unit ActiveState) $(of_unit StatusText)"
as_said version-after millrace --version
systemd-run --quiet --unit=press-again "$(ls /opt/millrace/node_modules/node-linux-*/bin/node)" "$1/press.ts" 5020
captured_more() {
  [ "$(millrace buffer export --after 20000 | wc -l)" -gt "$(($(wc -l <said/events-before) - 20000))" ]
}
wait_for 60 captured_more
systemctl stop press-again
millrace buffer export >said/events-after
millrace buffer unsent --json >said/unsent
say kept "$(cat /etc/default/millrace; cmp gateway.yaml /etc/millrace/gateway.yaml && echo the same gateway.yaml)"

process=$(of_unit MainPID)
as_said downgrade dpkg --install older.deb
say downgraded-state "$(of_unit ActiveState) $([ "$process" = "$(of_unit MainPID)" ] && echo undisturbed)"

# What dpkg does at an upgrade: of a gateway that has failed, and of one that was started again in the middle of it.
mv /etc/millrace/gateway.yaml .
systemctl restart millrace
failed=$(of_unit ActiveState)
/var/lib/dpkg/info/millrace.prerm upgrade 99
mv gateway.yaml /etc/millrace
/var/lib/dpkg/info/millrace.postinst configure 0.0.9
say mended-state "$failed $(of_unit ActiveState)"
process=$(of_unit MainPID)
/var/lib/dpkg/info/millrace.postinst configure 0.0.9
say interrupted-state "$(of_unit ActiveState) $([ "$process" = "$(of_unit MainPID)" ] || echo anew)"

# A program that was forced upon the log of a newer version.
systemctl stop millrace
mv /var/lib/millrace/outbox.db .
install -o millrace -g millrace -m 0600 newer-outbox.db /var/lib/millrace/outbox.db
as_said newer-log systemctl start millrace
sleep 2
say newer-log-state "$(of_unit ActiveState) $(of_unit Result) $(of_unit ExecMainStatus) $(cmp newer-outbox.db /var/lib/millrace/outbox.db && echo untouched)"
journalctl --no-pager --unit=millrace --grep='has schema 99' --output=cat >said/newer-log-words
rm -f /var/lib/millrace/outbox.db*
mv outbox.db /var/lib/millrace/outbox.db
as_said own-log systemctl start millrace

ln -s /etc/belongs-to-root /var/lib/millrace/.unsent-at-removal
as_said remove dpkg --remove millrace
say removed-state "$(of_unit LoadState) $(ls /var/lib/millrace/outbox.db /etc/millrace/gateway.yaml /etc/belongs-to-root 2>/dev/null)"
as_said install-older dpkg --install older.deb
as_said reinstall dpkg --install newer.deb
say reinstalled-state "$(of_unit ActiveState)"
as_said purge-unsent dpkg --purge millrace
say purged-unsent "$(ls /var/lib/millrace/outbox.db /etc/millrace/gateway.yaml)"

rm -r /var/lib/millrace /etc/millrace
dpkg --install newer.deb >/dev/null 2>&1
as_said restore millrace restore gateway.backup --overwrite
as_said restart systemctl start millrace
say restored "$(of_unit StatusText); $(find /etc/millrace /var/lib/millrace ! -user millrace)"
systemctl stop millrace
rm -f /var/lib/millrace/outbox.db*
as_said purge dpkg --purge millrace
say purged "$(ls -d /var/lib/millrace /etc/millrace /opt/millrace /etc/default/millrace /usr/bin/millrace 2>/dev/null; getent passwd millrace)"
journalctl --no-pager >said/journal
