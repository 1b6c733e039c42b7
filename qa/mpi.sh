#!/usr/bin/env bash
# Sweeps whose shards are ranks of OpenMPI (Debian: apt-get install openmpi-bin): the recipe of docs/clusters.md, compared with runs by
# one process. More ranks than cores, and as root too, which mpirun wants to be told.
#
#   qa/mpi.sh target/release/specdyn
set -euo pipefail
specdyn=$(realpath "${1:?the program}")
export PATH="$(dirname "$specdyn"):$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mpirun --version | head -1
run=(mpirun --oversubscribe)
if [ "$(id -u)" = 0 ]; then run+=(--allow-run-as-root); fi
same() { for file in cells.csv run.json phase-diagram.svg; do cmp "$1/$file" "$2/$file"; done; echo "same bytes: $1"; }

# Every rank is a shard; ranks count from 0. mpirun ends all ranks when one ends with anything but 0, so 2, which says that some cells
# have no value, must not reach it.   ranks N FOLDER OPTIONS...
ranks() {
  "${run[@]}" -n "$1" sh -c 'count=$1 folder=$2 shard=$((OMPI_COMM_WORLD_RANK + 1)); shift 2
    specdyn phase-diagram "$@" --threads 1 --resume --shard $shard/$count --output "$folder/shards/$shard" || [ $? = 2 ]' rank "$@"
}

plain=(--x spike=0:20:41 --y init=1e-6:1e-1:26:log --plot svg)
specdyn phase-diagram "${plain[@]}" --output alone
ranks 8 cluster "${plain[@]}"
specdyn merge cluster/shards/* --output cluster --plot svg
same alone cluster

# Shards with cells that have no value.
failing=(--x step-size=0.1:1.5:12 --y spike=1:20:9 --observe escape-time --plot svg)
specdyn phase-diagram "${failing[@]}" --output alone-failing || [ $? = 2 ]
ranks 4 failing "${failing[@]}"
specdyn merge failing/shards/* --output failing --plot svg || [ $? = 2 ]
same alone-failing failing

# A refinement: a round for the grid and one for every level, and a last line for what is left.
refined=(--x spike=0:20:11 --y init=1e-6:1e-1:11:log --refine boundary:2 --plot svg)
specdyn phase-diagram "${refined[@]}" --output alone-refined
from=()
for round in 1 2 3; do
  ranks 4 refined "${refined[@]}" "${from[@]}"
  specdyn merge refined/shards/* --output refined --resume --plot svg || [ $? = 2 ] # 2: cells are missing until the last round
  from=(--from refined)
done
specdyn phase-diagram "${refined[@]}" --resume --output refined
same alone-refined refined

# Interrupted in the middle, and started again with the same line.
slow=(--x spike=0:20:14 --y init=1e-4:1e-2:14:log --step-size 2e-6 --optimizer gd --plot svg)
specdyn phase-diagram "${slow[@]}" --output alone-slow
patient=("${run[@]}") run=(timeout --signal=TERM 2 "${run[@]}")
ranks 4 slow "${slow[@]}" || echo "interrupted: $?"
run=("${patient[@]}")
specdyn status slow/shards/* | tee said
grep -q '%' said || { echo "the ranks were interrupted too late to tell"; exit 1; }
ranks 4 slow "${slow[@]}"
specdyn merge slow/shards/* --output slow --plot svg
same alone-slow slow
