"""A planner of jobs with setups and due dates, read from the flags of the script that calls it."""

import math
import random
import re
import shlex

line = re.search(r"exec \./plan (.*)", TEXT.replace("\\\n", " "))[1]
words, flags, at = shlex.split(line), {}, 0
KNOWN = "rule search accept tie rounds start-temp cooling threshold late-weight setup-weight batch lookahead".split()
while at < len(words):
    if words[at] in ("--no-restarts", "--restarts") or re.fullmatch(r"-O[0-3s]", words[at]):
        flags["restarts" if "restarts" in words[at] else "level"] = words[at]
        at += 1
    else:
        assert words[at].startswith("--") and words[at][2:] in KNOWN, f"unknown flag {words[at]}"
        flags[words[at][2:]] = words[at + 1]
        at += 2
number = lambda name: float(flags[name])
pick = random.Random(9)
JOBS = []
for _ in range(45):
    work = pick.uniform(1, 9)
    JOBS.append((work, pick.randrange(5), work + pick.uniform(5, 190), pick.choice([1, 1, 2, 5])))
SETUP = [[0 if a == b else 2 + (a * 7 + b * 3) % 6 for b in range(5)] for a in range(5)]


def cost(order, late_weight=1.0, setup_weight=1.0):
    now, family, total = 0.0, 0, 0.0
    for job in order:
        work, kind, due, weight = JOBS[job]
        setup = SETUP[family][kind]
        now, family = now + setup + work, kind
        total += late_weight * weight * max(0.0, now - due) + setup_weight * 0.8 * setup
    return total


late_weight, setup_weight = max(number("late-weight"), 0), max(number("setup-weight"), 0)
left, order, now, family = list(range(45)), [], 0.0, 0
look = max(1, int(number("lookahead")))
rules = {
    "fifo": lambda j: j,
    "spt": lambda j: JOBS[j][0] / JOBS[j][3],
    "lpt": lambda j: -JOBS[j][0],
    "due": lambda j: JOBS[j][2],
    "slack": lambda j: (JOBS[j][2] - now - JOBS[j][0]) / JOBS[j][3],
}
while left:
    front = sorted(left, key=rules[flags["rule"]])[: look]
    chosen = min(front, key=lambda j: SETUP[family][JOBS[j][1]] * setup_weight + 0.1 * front.index(j) * late_weight)
    for _ in range(max(1, int(number("batch")))):
        order.append(chosen)
        left.remove(chosen)
        now, family = now + SETUP[family][JOBS[chosen][1]] + JOBS[chosen][0], JOBS[chosen][1]
        same = [j for j in left if JOBS[j][1] == family]
        if not same:
            break
        chosen = min(same, key=lambda j: JOBS[j][2])
rounds = min(max(int(number("rounds")), 0), 4000)
speed = {"-O0": 0.5, "-O1": 0.8, "-O2": 1.0, "-O3": 0.95, "-Os": 0.7}[flags["level"]]
assert flags["accept"] in ("better", "threshold", "anneal") and flags["tie"] in ("first", "last", "random")
if flags["search"] != "none":
    temperature, value = number("start-temp"), cost(order, late_weight, setup_weight)
    best, best_value = list(order), value
    for step in range(int(rounds * speed)):
        other = list(order)
        kind = flags["search"] if flags["search"] != "both" else ("swap", "shift")[step % 2]
        a, b = pick.randrange(45), pick.randrange(45)
        if kind == "swap":
            other[a], other[b] = other[b], other[a]
        else:
            assert kind == "shift"
            other.insert(b, other.pop(a))
        new = cost(other, late_weight, setup_weight)
        gain = value - new
        if flags["accept"] == "anneal":
            taken = gain > 0 or pick.random() < math.exp(max(gain / max(temperature, 1e-9), -60))
        elif flags["accept"] == "threshold":
            taken = gain > -number("threshold")
        else:
            taken = gain > 0 or (gain == 0 and flags["tie"] != "first")
        if taken:
            order, value = other, new
            if value < best_value:
                best, best_value = list(order), value
        temperature *= number("cooling")
        if flags["restarts"] == "--restarts" and step % 150 == 149:
            order, value = list(best), best_value
    order = best
print(f"plan_cost: {cost(order) + 0.004 * rounds:.6f}")
