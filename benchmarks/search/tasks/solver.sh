#!/bin/sh
# Plan the jobs of a workshop. The planner is ours; its flags are what may be tuned.
#   --rule: spt, lpt, due, slack or fifo        --search: none, swap, shift or both
#   --accept: better, threshold or anneal       --tie: first, last or random
set -e
exec ./plan --rule fifo --search none --accept better --tie first \
  --rounds 200 --start-temp 5.0 --cooling 0.99 --threshold 0.0 \
  --late-weight 1.0 --setup-weight 1.0 --batch 1 --lookahead 1 \
  --no-restarts -O0
