#!/usr/bin/env bash
# The loop that the harness is measured against, with plain git and nothing else:
# write, commit, run, read the metric, reset. One experiment for each line on
# standard input; answers with the microseconds that the experiment itself took.
set -eu
cd "$1"
while read -r number; do
  printf 'value = %s\n' "$number" > target.py
  git commit -q -a -m "experiment: $number"
  begun=${EPOCHREALTIME/./}
  sh -c "$2" > run.log 2>&1 < /dev/null
  ended=${EPOCHREALTIME/./}
  value=$(grep '^metric:' run.log | tail -1 | awk '{print $2}')
  printf '%s\tmetric\t%s\tdiscard\t%s\n' "$(git rev-parse --short HEAD)" "$value" "$number" >> results.tsv
  git reset -q --hard HEAD~1
  echo $((ended - begun))
done
