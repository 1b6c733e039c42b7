#!/usr/bin/env bash
# A sweep on a real Slurm: one node, its daemons started by hand (Debian: apt-get install slurm-wlm munge), as root.
#
#   qa/slurm.sh target/release/specdyn
#
# Submits a plain and a refined sweep with --slurm, waits for the joins, and compares with runs on no cluster; then cancels a job array,
# submits again, and compares. Prints what it saw; exits non-zero at the first difference.
set -euo pipefail
specdyn=$(realpath "${1:?the program}")
work=$(mktemp -d)
chmod 755 "$work"
host=$(hostname -s)
cores=$(nproc)

cat > "$work/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
KillWait=5
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
mkdir -p "$work/state" "$work/spool" "$work/munge"
export SLURM_CONF=$work/slurm.conf
pids=()
finish() {
  scancel --quiet --user=root 2>/dev/null || true
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  sleep 1
  rm -rf "$work"
}
trap finish EXIT

# Munge wants its own folders and user.
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chown -R munge "$work/munge" && chmod 700 "$work/munge" && chmod 400 "$work/munge/key"
mkdir -p /run/munge && chown munge /run/munge && chmod 755 /run/munge
if ! munge -n >/dev/null 2>&1; then
  setpriv --reuid munge --regid munge --clear-groups munged --foreground --key-file="$work/munge/key" --log-file="$work/munge/log" \
    --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" >/dev/null 2>&1 &
  pids+=($!)
  for _ in $(seq 50); do munge -n >/dev/null 2>&1 && break; sleep 0.1; done
fi
slurmctld -D >/dev/null 2>&1 & pids+=($!)
slurmd -D >/dev/null 2>&1 & pids+=($!)
for _ in $(seq 100); do sinfo -h -o %t 2>/dev/null | grep -q idle && break; sleep 0.2; done
sinfo -V; sinfo

# Until no job is left.
wait_for_jobs() { while [ -n "$(squeue -h 2>/dev/null)" ]; do sleep 0.3; done; }
same() { for file in cells.csv run.json phase-diagram.svg; do cmp "$1/$file" "$2/$file"; done; echo "same bytes: $1"; }

cd "$work"
plain=(--x spike=0:20:41 --y init=1e-6:1e-1:26:log --plot svg)
refined=(--x spike=0:20:11 --y init=1e-6:1e-1:11:log --refine boundary:2 --plot svg)
slow=(--x spike=0:20:14 --y init=1e-4:1e-2:14:log --step-size 2e-6 --optimizer gd,specgd --plot svg)
for sweep in plain refined; do
  declare -n options=$sweep
  "$specdyn" phase-diagram "${options[@]}" --output "alone-$sweep"
  "$specdyn" phase-diagram "${options[@]}" --output "cluster-$sweep" --slurm 5 --threads 1 --sbatch=--time=5
  wait_for_jobs
  "$specdyn" status "cluster-$sweep"
  same "alone-$sweep" "cluster-$sweep"
done

# Cancel an array at work: SIGTERM, a state to resume from; the join says what is missing. Then submit again.
"$specdyn" phase-diagram "${slow[@]}" --output alone-slow
"$specdyn" phase-diagram "${slow[@]}" --output cluster-slow --slurm 4 --threads 1
for _ in $(seq 100); do [ "$(squeue -h -t RUNNING | wc -l)" -ge 2 ] && break; sleep 0.1; done
sleep 1.5
scancel --name=specdyn-shard
wait_for_jobs
grep -h . cluster-slow/slurm/*.log
"$specdyn" status cluster-slow | tee said
grep -q '%' said || { echo "the array was cancelled too late to tell"; exit 1; }
sh cluster-slow/slurm/submit.sh
wait_for_jobs
"$specdyn" status cluster-slow
same alone-slow cluster-slow
