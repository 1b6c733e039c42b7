#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that reads text or bytes from outside (fuzz/fuzz_targets): 10^8 executions in all, on one thread.
# Needs cargo-fuzz (cargo install cargo-fuzz) and a C++ compiler. Stops at the first panic, failed property, hang or leak.
#
#   qa/fuzz.sh [share of the promised count, default 1] [targets, default all]
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
share=${1:-1}
export RUSTC_BOOTSTRAP=1
# Executions of each target; the cheap ones make up for the others.
declare -A promised=(
  [log]=10000000 [config]=10000000 [tables]=15000000 [specifications]=25000000 [conditions]=20000000 [decimals]=20000000
)
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(conditions decimals specifications log tables config)
total=0
for target in "${targets[@]}"; do
  runs=$(awk "BEGIN { printf \"%d\", $share * ${promised[$target]} }")
  mkdir -p "corpus/$target"
  begun=$(date +%s)
  cargo fuzz run --sanitizer none "$target" "corpus/$target" "seeds/$target" -- \
    -runs="$runs" -max_len=400 -timeout=10 -rss_limit_mb=2048 -seed=20261128 -print_final_stats=1 2>"$target.log" ||
    { tail -30 "$target.log"; exit 1; }
  done_runs=$(awk '/number_of_executed_units/ { print $2 }' "$target.log")
  echo "$target: $done_runs executions, $(($(date +%s) - begun)) s, $(grep -c . <(ls "corpus/$target")) inputs of different coverage"
  total=$((total + done_runs))
done
rm -f ./*.log
echo "$total executions, 0 panics"
