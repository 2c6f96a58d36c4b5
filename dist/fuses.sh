#!/bin/sh
# Arms everything that ends this machine whatever else goes wrong, and starts the bootstrap. cloud-init runs it early on every boot:
# as a boothook, and again by bootcmd, since a boothook lies in /var and is nothing where that is mounted noexec, while bootcmd hands
# it to /bin/sh. All it writes goes to /run, which is memory, and is read by /bin/sh: neither a full disk nor noexec prevents a fuse.
# The launcher puts two whole numbers above this text, DEADLINE (unix seconds, the hard end of the machine) and LAUNCH_TIMEOUT
# (seconds a launch may take), and the functions `bootstrap` and `packages`, which print the scripts of these names; below it stands what goes
# on with the boot.
# Lines between `#: WORDS` and `#:` are for machines with one of these grounds: powering off `ends` it and its bill, `stops` it while its
# disk is still paid for, or is `useless`. For the last two there is the function `farewell`, which prints what tells the cloud to take
# the machine, with these results: 0, it takes it or has done so; 77, it never will; anything else is worth another try. With the word
# `ask` that only asks whether it would.
# Nothing here stops at an error: one fuse that cannot be armed must not prevent the next.
set -u
: "${DEADLINE:?}" "${LAUNCH_TIMEOUT:?}"

root=${CML_RUNNER_ROOT:-}
state=$root/run/cml-runner
units=$root/run/systemd/system
home=$root/opt/cml-runner

# A console that takes nothing (a stopped serial line) must stop nobody, neither here nor in the other scripts.
say() {
  printf 'cml-runner %s %s\n' "$(date +%s)" "$1" | timeout 2 tee -a "$root/dev/console" >/dev/null 2>&1 || :
}

# By bootcmd after the boothook, or by a cloud-init that is called again while the machine works: all is armed, this is no reboot.
systemctl -q is-active cml-runner-deadline.timer cml-runner-agent.service && exit 0

mkdir -p "$state" "$units"
echo "$DEADLINE" >"$state/deadline"

#: stops useless
farewell >"$state/farewell.sh"
#:

# The one way to the end; a shutdown that hangs is cut short.
cat >"$state/end.sh" <<END
case \$1 in
  agent) why='the agent has stopped' ;;
  boot) why='its runner was not online in time' ;;
  bootstrap) why='it could not be set up' ;;
  deadline) why='its lifetime is over' ;;
  heartbeat) why='its agent gave no sign of life for 10 minutes' ;;
  reboot) why='it was rebooted, which no runner outlives' ;;
  *) why=\$1 ;;
esac
# In the background: not even for a moment does a console that takes nothing delay the end. Twice, because systemd hangs the console up
# when it stops the login program there, and what was opened before that takes nothing any more.
tell() {
  printf 'cml-runner %s ending: %s\n' "\$(date +%s)" "\$why" | timeout 2 tee -a "$root/dev/console" >/dev/null 2>&1
}
{ tell || tell; } &
#: stops useless
# The agent ends before the cloud is told, as a shutdown would have it: some clouds take a machine without asking it, and then nobody
# would see why its job ended, and its registration would stay.
timeout 90 systemctl stop cml-runner-agent.service
# The cloud is told before it is powered off, since a machine that is off can tell nobody. Where being off saves nothing, it is told for
# ever, also after it has agreed: only if it never will, being off at least shows others that nothing works here.
# A machine that its cloud has taken shows no console any more. While the boot timer runs a launch waits for it, and reads the last words first.
timeout 5 systemctl -q is-active cml-runner-boot.timer && sleep 5
pause=2
while
  said=\$(timeout 30 /bin/sh "\${0%/*}/farewell.sh" 2>&1)
  code=\$?
  if [ "\$code" != 0 ]; then
    why="the cloud does not take it (\$code): \$(echo "\$said" | tail -n 2 | tr '\n' ' ' | tr -d '\000-\037')"
    tell
  fi
#: stops
  [ "\$code" != 0 ] && [ "\$pause" -lt 64 ] &&
#: stops useless
  [ "\$code" != 77 ]
do
  sleep "\$pause"
  pause=\$((pause < 60 ? pause * 2 : pause))
done
#:
# Not by the command for it, which asks logind: since systemd 257 a block that somebody holds against a shutdown, as package
# managers do, binds root too (systemd.io, NEWS of version 257). This is what that command does where there is no logind.
systemctl --no-block --job-mode=replace-irreversibly start poweroff.target || poweroff
sleep 120
systemctl --force poweroff
sleep 30
systemctl --force --force poweroff || echo o >/proc/sysrq-trigger
END

# Without default dependencies these units neither wait for the boot to finish nor are stopped by a shutdown that hangs; nor may
# a slice of their own be, which a template would get. Where not even a shell can be started (no process left, no memory), systemd
# itself powers off: it needs no other process for that. (Or it tries again, where powering off is useless.)
cat >"$units/cml-runner-end@.service" <<END
[Unit]
Description=End this machine (%i)
DefaultDependencies=no
#: ends stops
FailureAction=poweroff-force
#:

[Service]
Type=oneshot
Slice=-.slice
#: useless
Restart=on-failure
RestartSec=30
#:
ExecStart=/bin/sh $state/end.sh %i
END

# A machine that halts or sleeps ends nothing and is paid for, and nothing on it can ever end it. So whoever halts it powers it off, and
# nobody, a desktop's idle timer least of all, puts it to sleep.
cat >"$units/systemd-halt.service" <<END
[Unit]
DefaultDependencies=no
Requires=shutdown.target umount.target final.target
After=shutdown.target umount.target final.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'systemctl --force poweroff'
END
ln -sf /dev/null "$units/sleep.target"

# timer NAME WHAT WHEN...: a timer that ends the machine, for the reason NAME.
timer() {
  name=$1 what=$2
  shift 2
  {
    printf '[Unit]\nDescription=cml-runner: %s\nDefaultDependencies=no\n\n' "$what"
    printf '[Timer]\nAccuracySec=1s\nUnit=cml-runner-end@%s.service\n' "$name"
    printf '%s\n' "$@"
  } >"$units/cml-runner-$name.timer"
}

left=$((DEADLINE - $(date +%s)))
deadline=$(date -u -d "@$DEADLINE" '+%Y-%m-%d %H:%M:%S UTC')
# By the calendar, so that a reboot or a clock that is set right moves nothing; and by the seconds left, should the
# date pass between two instructions (systemd never fires for a date in the past).
timer deadline 'end of max-lifetime' "OnCalendar=$deadline" "OnActiveSec=$((left > 0 ? left : 1))"
timer boot 'end unless the runner comes online' "OnActiveSec=$((LAUNCH_TIMEOUT + 300))"
timer heartbeat 'end unless the agent beats' 'OnActiveSec=600'

# The agent's death ends the machine, also when it is killed. Jobs run in this unit too: none of them may take the agent with
# it when memory runs out, hence the score (which the agent does not pass on) and the policy.
# KillMode=mixed: a shutdown asks the agent alone, which asks the runner; and when the agent is gone, however it went, the rest of
# the unit is killed at once. Otherwise a job that ignores SIGTERM would keep the machine of a killed agent for TimeoutStopSec, which
# so is only the bound for an agent that hangs in a shutdown. It is what an agent may take: 40 s for its runner and job to stop,
# 30 s to take the registration away, and some to spare.
# An action of systemd's would be faster than what is told to the cloud, so where something is told there is none. And in a shutdown that
# somebody else has asked for it is told here: this unit is stopped while there is a network.
cat >"$units/cml-runner-agent.service" <<END
[Unit]
Description=cml-runner agent
Wants=network-online.target
After=network-online.target
#: ends
SuccessAction=poweroff
FailureAction=poweroff
#: stops useless
OnSuccess=cml-runner-end@agent.service
OnFailure=cml-runner-end@agent.service
#:

[Service]
Type=simple
ExecStart=$home/node $home/agent.js
#: stops useless
ExecStopPost=-/bin/sh -c '[ "\$\$(systemctl is-system-running)" != stopping ] || timeout 30 /bin/sh $state/farewell.sh'
#:
ExecStopPost=-/bin/sh -c 'systemctl --no-block start cml-runner-end@agent.service'
Restart=no
OOMScoreAdjust=-1000
OOMPolicy=continue
TasksMax=infinity
KillMode=mixed
TimeoutStopSec=80
END

# Fetches and starts everything else, as soon as cloud-init has written its files and made its users: that is its network stage,
# whose unit has the second name since cloud-init 24.3. Not as a script of cloud-init's: those come last, and lie in /var too.
bootstrap >"$state/bootstrap.sh"
cat >"$units/cml-runner-bootstrap.service" <<END
[Unit]
Description=cml-runner bootstrap
Wants=network-online.target
After=network-online.target cloud-init.service cloud-init-network.service
OnFailure=cml-runner-end@bootstrap.service

[Service]
Type=oneshot
ExecStart=/bin/sh $state/bootstrap.sh
END

# Installs what the image lacks while the runner downloads; whatever becomes of it, nobody waits for it afterwards. Package managers
# execute scripts of packages in /var: for this unit alone it is mounted so that they can.
packages >"$state/packages.sh"
cat >"$units/cml-runner-packages.service" <<END
[Unit]
Description=cml-runner packages

[Service]
Type=oneshot
ExecStart=/bin/sh $state/packages.sh
ExecStopPost=+/bin/sh -c ': >$state/packages-done'
TimeoutStartSec=1800
ExecPaths=-/var
END

# A kernel that panics reboots, and the reboot ends here.
sysctl -q -w kernel.panic=10

systemctl daemon-reload
armed=yes
for fuse in deadline boot; do
  systemctl start "cml-runner-$fuse.timer" || armed=no
done

if [ "$armed" = no ]; then
  say 'failed: the timers could not be armed'
  sh "$state/end.sh" 'no fuse could be armed' &
  exit 0
elif [ "$left" -le 0 ]; then
  systemctl --no-block start cml-runner-end@deadline.service
  exit 0
elif [ "$(cat "$home/started" 2>/dev/null)" = "$DEADLINE" ]; then
  systemctl --no-block start cml-runner-end@reboot.service
  exit 0
fi
say "timers: this machine ends on $deadline at the latest"
