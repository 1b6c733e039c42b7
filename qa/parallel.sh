#!/usr/bin/env bash
# Sweeps distributed by GNU parallel (Debian: apt-get install parallel): the recipe of docs/clusters.md, compared with runs by one process.
#
#   qa/parallel.sh target/release/specdyn
set -euo pipefail
specdyn=$(realpath "${1:?the program}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
same() { for file in cells.csv run.json phase-diagram.svg; do cmp "$1/$file" "$2/$file"; done; echo "same bytes: $1"; }

plain=(--x spike=0:20:41 --y init=1e-6:1e-1:26:log --plot svg)
"$specdyn" phase-diagram "${plain[@]}" --output alone
parallel --joblog plain.log "$specdyn" phase-diagram "${plain[@]}" --resume --shard {}/8 --output cluster/shards/{} ::: $(seq 8)
"$specdyn" merge cluster/shards/* --output cluster --plot svg
same alone cluster

# A refinement: a round for the grid and one for every level; each round knows what the rounds before found. The last line computes the
# few cells that one round more would bring.
refined=(--x spike=0:20:11 --y init=1e-6:1e-1:11:log --refine boundary:2 --plot svg)
"$specdyn" phase-diagram "${refined[@]}" --output alone-refined
mkdir -p refined
for round in 1 2 3; do
  from=(); if [ $round -gt 1 ]; then from=(--from refined); fi
  parallel "$specdyn" phase-diagram "${refined[@]}" --resume "${from[@]}" --shard {}/4 --output refined/shards/{} ::: $(seq 4)
  "$specdyn" merge refined/shards/* --output refined --resume --plot svg || true # 2: cells are missing until the last round
done
"$specdyn" phase-diagram "${refined[@]}" --resume --output refined
same alone-refined refined

# Killed in the middle, and started again with the same line.
slow=(--x spike=0:20:14 --y init=1e-4:1e-2:14:log --step-size 2e-6 --optimizer gd --plot svg)
"$specdyn" phase-diagram "${slow[@]}" --output alone-slow
sweep=(parallel "$specdyn" phase-diagram "${slow[@]}" --resume --threads 1 --shard {}/4 --output slow/shards/{} ::: 1 2 3 4)
timeout --signal=TERM 1.5 "${sweep[@]}" || true
"$specdyn" status slow/shards/*
"${sweep[@]}"
"$specdyn" merge slow/shards/* --output slow --plot svg
same alone-slow slow
