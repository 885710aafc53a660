"""Forecast the daily sales of shops with weeks, seasons and promotions; the relative error."""

import numpy as np

DAYS, SHOPS, AHEAD = 500, 12, 7
rng = np.random.default_rng(11)
day = np.arange(DAYS)
week = 1 + 0.35 * rng.standard_normal((SHOPS, 7)).clip(-1.5, 1.5)
slope = rng.normal(0, 0.0015, (SHOPS, 1))
level = np.exp(slope * day + np.cumsum(rng.normal(0, 0.02, (SHOPS, DAYS)), axis=1))
season = 1 + 0.2 * np.sin(2 * np.pi * day / 120 + rng.random((SHOPS, 1)) * 6)
promo = rng.random((SHOPS, DAYS)) < 0.08
lift = 1 + promo * rng.uniform(0.5, 1.0, (SHOPS, 1))
sales = 100 * level * season * week[:, day % 7].clip(0.2) * lift
sales = sales * np.exp(rng.normal(0, 0.15, sales.shape))
sales[rng.random(sales.shape) < 0.015] *= 4.0

# EVOLVE-BLOCK-START
LEVEL_RATE = 0.5
TREND_RATE = 0.1
TREND_DAMPING = 1.0
SEASON_RATE = 0.05
SEASON_LENGTH = 5
USE_LOG = False
OUTLIER_LIMIT = 20.0
OUTLIER_BLEND = 0.5
PROMO_LIFT = 0.0
PROMO_RATE = 0.0
POOLING = 0.0
WARMUP_DAYS = 10
BIAS_POWER = 1.0


class Forecaster:
    def __init__(self, first):
        self.level = first.mean(axis=1)
        self.trend = np.zeros(len(first))
        self.season = np.zeros((len(first), SEASON_LENGTH))
        self.lift = np.full(len(first), PROMO_LIFT)
        self.spread = np.abs(first - self.level[:, None]).mean(axis=1) + 1e-6

    def ahead(self, at, days, promo):
        steps = sum(TREND_DAMPING**step for step in range(1, days + 1))
        season = self.season[:, at % SEASON_LENGTH]
        season = (1 - POOLING) * season + POOLING * season.mean()
        return self.level + steps * self.trend + season + promo * self.lift

    def learn(self, at, value, promo):
        guess = self.ahead(at, 1, promo)
        miss = value - guess
        odd = np.abs(miss) > OUTLIER_LIMIT * self.spread
        miss = np.where(odd, OUTLIER_BLEND * np.sign(miss) * OUTLIER_LIMIT * self.spread, miss)
        self.spread += 0.02 * (np.abs(miss) - self.spread)
        self.level = self.level + TREND_DAMPING * self.trend + LEVEL_RATE * miss * ~promo
        self.trend = TREND_DAMPING * self.trend + LEVEL_RATE * TREND_RATE * miss * ~promo
        self.season[:, at % SEASON_LENGTH] += SEASON_RATE * miss * ~promo
        self.lift = self.lift + PROMO_RATE * miss * promo


def into(values):
    return np.log(values) if USE_LOG else values / 100


def back(values):
    return np.exp(values) * BIAS_POWER if USE_LOG else values * 100 * BIAS_POWER
# EVOLVE-BLOCK-END


model = Forecaster(into(sales[:, :WARMUP_DAYS]))
errors = []
for at in range(DAYS - AHEAD):
    if at > 150:
        guess = back(model.ahead(at + AHEAD - 1, AHEAD, promo[:, at + AHEAD - 1]))
        errors.append(np.abs(guess - sales[:, at + AHEAD - 1]) / (sales[:, at + AHEAD - 1] + 20))
    model.learn(at, into(sales[:, at]), promo[:, at])
print(f"relative_error: {np.mean(errors):.6f}")
