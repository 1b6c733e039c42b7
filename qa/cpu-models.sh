#!/usr/bin/env bash
# The same bytes on other processors: sweeps and trajectories under qemu-user's CPU models, from the first 64-bit ones to the widest that
# qemu emulates, compared with this machine's own. Debian: apt-get install qemu-user.
#
#   qa/cpu-models.sh target/release/specdyn
set -euo pipefail
specdyn=$(realpath "${1:?the program}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
models=(qemu64 core2duo Nehalem Westmere SandyBridge IvyBridge Haswell Broadwell Skylake-Client EPYC EPYC-Rome max)

# Every kind of result that has a fast path: flows, recursions (lockstep lanes), powers, a refinement, a power law, tilted signals, weights
# of any width (products of matrices), figures.
artefacts() {
  mkdir -p "$1"
  local run=("${@:2}" "$specdyn") grid=(--threads 2 --plot png,svg --force)
  "${run[@]}" phase-diagram --x spike=0:20:11 --y init=1e-6:1e-1:7:log --optimizer gd,specgd,power:0.5 "${grid[@]}" --output "$1/flow"
  "${run[@]}" phase-diagram --x spike=0:20:9 --y init=1e-4:1e-1:7:log --observe escape-time --step-size 0.01 \
    --optimizer gd,specgd,power:0.5 "${grid[@]}" --output "$1/recursion"
  "${run[@]}" phase-diagram --x spike=0:20:5 --y init=1e-4:1e-1:5:log --refine boundary:2 "${grid[@]}" --output "$1/refined"
  "${run[@]}" phase-diagram --x exponent=0.5:2:5 --y init=1e-3:1e-1:4:log --spectrum power-law:1 --dim 40 --observe risk --time 2 \
    --optimizer gd,specgd "${grid[@]}" --output "$1/power-law"
  "${run[@]}" phase-diagram --x overlap=0:1:5 --y spike=0:20:4 --optimizer gd "${grid[@]}" --output "$1/tilted"
  "${run[@]}" phase-diagram --x width=1:31:4 --y spike=0:20:3 --dim 30 --start gaussian --observe risk --time 0.2 --step-size 0.01 \
    --optimizer gd,specgd,power:0.5 "${grid[@]}" --output "$1/width"
  "${run[@]}" population --optimizer gd --dim 12 --start gaussian --time 1 --points 11 > "$1/dense.csv"
  "${run[@]}" population --optimizer gd,specgd,power:0.5 --time 5 > "$1/population.csv"
  "${run[@]}" population --optimizer specgd --events > "$1/events.csv"
  # The log keeps the order in which threads finished.
  rm -f "$1"/*/cells.log
}

artefacts native
count=$(find native -type f | wc -l)
for model in "${models[@]}"; do
  artefacts "$model" qemu-x86_64 -cpu "$model" 2>"$model.log" || { cat "$model.log"; exit 1; }
  diff -r native "$model"
  echo "$model: $count files with the same bytes"
done
echo "${#models[@]} models, 0 differences"
