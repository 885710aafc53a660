"""Choose which offer to show, with other visitors in each run: what is missed of the best."""

import math
import os
import random

luck = random.Random(os.environ.get("RUN", "0") + "b")

# EVOLVE-BLOCK-START
EXPLORE_RATE = 0.3
EXPLORE_DECAY = 1.0
BONUS = 0.0
PRIOR_SUCCESS = 1.0
PRIOR_TRIALS = 2.0
FORGETTING = 1.0
OPTIMISM = 0.0
TEMPERATURE = 0.5
USE_SOFTMAX = True
WARMUP_ROUNDS = 20
BATCH_SIZE = 50
STICKINESS = 0.2
CONTEXT_WEIGHT = 0.1
# EVOLVE-BLOCK-END

OFFERS, ROUNDS = 8, 1200


def run():
    truth = [[0.10 + 0.04 * ((o * 5 + g * 3) % 8) for o in range(OFFERS)] for g in range(2)]
    wins = [[PRIOR_SUCCESS] * OFFERS for _ in range(3)]
    seen = [[max(PRIOR_TRIALS, 1e-6)] * OFFERS for _ in range(3)]
    missed, last, pending = 0.0, 0, []
    share = min(max(CONTEXT_WEIGHT, 0.0), 1.0)
    for step in range(ROUNDS):
        if step == 700:
            truth = [row[3:] + row[:3] for row in truth]
        group = luck.randrange(2)
        means = [
            share * wins[group][o] / seen[group][o] + (1 - share) * wins[2][o] / seen[2][o]
            for o in range(OFFERS)
        ]
        worth = [m + OPTIMISM / seen[2][o] + BONUS * math.sqrt(math.log(step + 2) / seen[2][o]) for o, m in enumerate(means)]
        rate = EXPLORE_RATE * EXPLORE_DECAY ** (step / 10)
        if step < WARMUP_ROUNDS:
            chosen = step % OFFERS
        elif luck.random() < STICKINESS:
            chosen = last
        elif luck.random() < rate:
            chosen = luck.randrange(OFFERS)
        elif USE_SOFTMAX:
            top = max(worth)
            chances = [math.exp(max((w - top) / max(TEMPERATURE * 0.2, 1e-4), -50)) for w in worth]
            chosen = luck.choices(range(OFFERS), chances)[0]
        else:
            chosen = max(range(OFFERS), key=worth.__getitem__)
        last = chosen
        missed += max(truth[group]) - truth[group][chosen]
        pending.append((group, chosen, luck.random() < truth[group][chosen]))
        if len(pending) >= max(int(BATCH_SIZE), 1):
            for table in (0, 1, 2):
                for o in range(OFFERS):
                    wins[table][o] *= FORGETTING
                    seen[table][o] = max(seen[table][o] * FORGETTING, 1e-6)
            for g, o, won in pending:
                for table in (g, 2):
                    wins[table][o] += won
                    seen[table][o] += 1
            pending = []
    return missed


print(f"regret: {run():.6f}")
