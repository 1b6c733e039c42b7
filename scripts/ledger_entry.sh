#!/usr/bin/env bash
# A long run for qa/ledger.toml: runs it on a clean commit, and appends its entry if it passed.
#
#   scripts/ledger_entry.sh compound-containment          10^8 checks, about 6 minutes of a core
#   scripts/ledger_entry.sh validated-flow-containment    10^5 problems at 10 times each, about 43 minutes of a core, on all cores
#
# Then name it in EXPECTED of tests/ledger.rs, if it is not there yet.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  compound-containment)
    arguments="--test interval_containment compound_maps_contain"
    counted='s/^compound maps: \([0-9]*\) checks, 0 violations.*/\1/p'
    result="Risk, brackets, gradients, steps, alignment, amplification over boxes, plainly and in mean value form, against 256 bits: every value inside." ;;
  validated-flow-containment)
    arguments="--test validated_containment validated_flows_contain"
    # At ten times each.
    counted='s/^\([0-9]*\) problems, [0-9]* checks, 0 violations.*/\10/p'
    result="The validated flow of GD against 200-bit trajectories, problems at 10 times each: every coefficient inside." ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
[ -z "$(git status --porcelain -- . ':!qa/ledger.toml')" ] || { echo "the working tree is not clean: an entry names a commit" >&2; exit 1; }
commit=$(git rev-parse HEAD)
command="SPECDYN_CHECKS=${SPECDYN_CHECKS:=100} cargo test --release --features mpfr $arguments"
export SPECDYN_CHECKS
# shellcheck disable=SC2086
cargo test --release --features mpfr ${arguments% *} --no-run
output=$(mktemp)
trap 'rm -f "$output"' EXIT
SECONDS=0
# shellcheck disable=SC2086
cargo test --release --features mpfr $arguments -- --nocapture 2>&1 | tee "$output"
seconds=$SECONDS
count=$(sed -n "$counted" "$output")
[ -n "$count" ] || { echo "the run says no count" >&2; exit 1; }
cat >> qa/ledger.toml <<ENTRY

[[run]]
name = "$1"
command = "$command"
count = $count
violations = 0
date = "$(date -u +%F)"
commit = "$commit"
seconds = $seconds
result = "$result"
ENTRY
tail -n 9 qa/ledger.toml
