"""A heater's controller: the plant is slow, late and noisy; error over time, plus wear."""

import math
import random

STEPS = 1_500
DELAY = 6

# EVOLVE-BLOCK-START
KP = 1.0
KI = 0.01
KD = 0.0
DERIVATIVE_FILTER = 0.5
SETPOINT_WEIGHT = 1.0
MEASUREMENT_FILTER = 1.0
WINDUP_LIMIT = 100.0
DEADBAND = 0.0
RATE_LIMIT = 5.0
FEED_FORWARD = 0.0


class Controller:
    def __init__(self):
        self.total = 0.0
        self.last = 0.0
        self.slope = 0.0
        self.seen = None
        self.output = 0.0

    def act(self, target, measured):
        self.seen = measured if self.seen is None else (
            self.seen + MEASUREMENT_FILTER * (measured - self.seen)
        )
        error = target - self.seen
        if abs(error) < DEADBAND:
            error = 0.0
        self.total = max(-WINDUP_LIMIT, min(WINDUP_LIMIT, self.total + error))
        change = self.seen - self.last
        self.slope += DERIVATIVE_FILTER * (change - self.slope)
        self.last = self.seen
        wanted = (
            KP * (SETPOINT_WEIGHT * target - self.seen)
            + KI * self.total
            - KD * self.slope
            + FEED_FORWARD * target
        )
        step = max(-RATE_LIMIT, min(RATE_LIMIT, wanted - self.output))
        self.output += step
        return self.output
# EVOLVE-BLOCK-END


def simulate(seed):
    noise = random.Random(seed)
    controller = Controller()
    first = second = 0.0
    pipe = [0.0] * DELAY
    cost, power = 0.0, 0.0
    for at in range(STEPS):
        target = 10.0 if at % 600 < 300 else 4.0
        load = 1.5 * math.sin(at / 90) + (2.0 if 700 < at < 900 else 0.0)
        wanted = controller.act(target, second + noise.gauss(0, 0.08))
        limited = max(0.0, min(20.0, wanted))
        pipe.append(limited)
        first += 0.08 * (pipe.pop(0) - first - load * 0.5)
        second += 0.05 * (first - second)
        cost += abs(target - second) + 0.15 * abs(limited - power)
        power = limited
    return cost / STEPS


print(f"mean_cost: {sum(simulate(seed) for seed in range(6)) / 6:.6f}")
