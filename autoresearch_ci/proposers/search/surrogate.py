"""A Gaussian process over whole settings of the parameters.

The kernel is Matern's with smoothness 5/2 and a length of its own for each parameter, so that
parameters which do nothing soon count for nothing. The lengths start from how promising a
parameter looks and follow the evidence (maximum a posteriori, by the signs of the gradient),
as Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, chapter 5. What is
known of crashes and seconds is read through the same kernel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ROOT = math.sqrt(5.0)
_STEPS = 25
# The signal's variance before anything was measured: of weight _BELIEF, about one.
_BELIEF = 2.0
# Before much was measured, what nothing is known of is that much worse than what is typical.
_PESSIMISM = 1.0
# And the worse the further a parameter goes from where it stands, in its expected length.
_BOWL, _FAR = 0.15, 2.0
_NUGGET = 0.01
_NUGGETS = (1e-4, 1.0)
_FASTEST = 1.0
_NOTHING = 1e-9


@dataclass(frozen=True)
class Evidence:
    """Measured points.

    `points` has a row a measurement and a column a parameter; a category is its number.
    `values` are better the higher, in units of a small change; `typical` is what to expect of one
    that nothing is known of: the incumbent's, and the average change of what was tried. `noise` is
    the variance of each; `worked` is 0 for a crash, else 1; `seconds` are logarithms.
    """

    points: Array
    categories: NDArray[np.bool_]
    values: Array
    typical: float
    noise: Array
    worked: Array
    seconds: Array


@dataclass(frozen=True)
class Forecast:
    """For each candidate: mean and deviation of its value, the chance to work, log seconds."""

    mean: Array
    deviation: Array
    works: Array
    seconds: Array


class Surrogate:
    """Fitted to evidence; `weights` are what to expect of the inverse squared lengths.

    `starts` has rows of settings that are good as far as one knows, the incumbent's first; the
    further from them the worse, before anything is known: `doubts` are how fast, by parameter.
    """

    _inverse: Array
    _nugget: float

    def __init__(self, evidence: Evidence, weights: Array, starts: Array, doubts: Array) -> None:
        self._points, self._categories = evidence.points, evidence.categories
        self._starts, self._doubts = starts, doubts
        bowl = self._bowl(evidence.points)
        count = len(evidence.values)
        self._mean = evidence.typical - _PESSIMISM / (count + 1)
        rest = evidence.values - bowl - self._mean
        self._fit(rest, evidence.noise, weights)
        self._solved = self._inverse @ rest
        self._crashing = self._inverse @ (evidence.worked - 1.0)
        self._slower = self._inverse @ self._off_trend(evidence)

    def believe(self, points: Array, most: float) -> None:
        """Take points that are being measured for what is expected of them, and `most` at most.

        So the doubt about them and all that is near is gone, and nothing else is sent there
        (the Kriging believer of Ginsbourger, Le Riche, Carraro, Kriging is well-suited to
        parallelize optimization, 2010; `most` keeps a hope from drawing others after it).
        """
        told = self.forecast(points)
        surplus = np.minimum(most - told.mean, 0.0)
        near = self._likeness(points)
        self._points = np.vstack([self._points, points])
        among = self._likeness(points)[:, len(self._inverse) :]
        among[np.diag_indices(len(points))] += self._nugget
        # The larger inverse by blocks. What is as expected changes no mean.
        known = near @ self._inverse
        corner = np.linalg.inv(among - known @ near.T)
        side = -corner @ known
        self._inverse = np.block([[self._inverse - known.T @ side, side.T], [side, corner]])
        nothing = np.zeros(len(points))
        self._solved = np.append(self._solved, nothing) + np.append(side.T, corner, 0) @ surplus
        self._crashing = np.append(self._crashing, nothing)
        self._slower = np.append(self._slower, nothing)

    def _fit(self, values: Array, noise: Array, weights: Array) -> None:
        """Climb to the most likely lengths and ruggedness, and keep the best that was met."""
        count, dimensions = self._points.shape
        apart = self._points[:, None, :] - self._points[None, :, :]
        apart = np.where(self._categories, apart != 0, apart * apart)
        flat = apart.reshape(count * count, dimensions)
        prior = np.append(np.log(weights), math.log(_NUGGET))
        at, pace, before = prior.copy(), np.full(dimensions + 1, 0.3), np.zeros(dimensions + 1)
        best = math.inf
        for _ in range(_STEPS):
            lengths, nugget = np.exp(at[:-1]), math.exp(at[-1])
            far = np.sqrt((flat @ lengths).reshape(count, count)) * _ROOT
            fading = np.exp(-far)
            covariance = (1 + far + far * far / 3) * fading
            covariance[np.diag_indices(count)] += noise + nugget
            root = np.linalg.cholesky(covariance)
            inverse = np.linalg.inv(covariance)
            solved = inverse @ values
            scale = (_BELIEF + float(values @ solved)) / (_BELIEF + count)
            away = at - prior
            unlikely = (
                (count + _BELIEF) * math.log(scale) / 2
                + float(np.log(np.diag(root)).sum())
                + float(away @ away) / 2
            )
            if unlikely < best:
                best = unlikely
                self.lengths, self._inverse, self._scale = lengths, inverse, scale
                self._nugget = nugget
            pull = inverse - np.outer(solved, solved) / scale
            slope = away
            slope[:-1] += lengths / 2 * (flat.T @ (pull * -(5 / 6) * (1 + far) * fading).ravel())
            slope[-1] += float(np.trace(pull)) * nugget / 2
            turned = slope * before
            pace = np.where(turned > 0, np.minimum(pace * 1.3, _FASTEST), pace)
            pace = np.where(turned < 0, pace / 2, pace)
            before = np.where(turned < 0, 0.0, slope)
            at = at - np.sign(before) * pace
            at[-1] = min(max(at[-1], math.log(_NUGGETS[0])), math.log(_NUGGETS[1]))

    def _off_trend(self, evidence: Evidence) -> Array:
        """Learn a trend of log seconds, since time is a product of sizes; what differs from it.

        The seconds of a crash say nothing. By the trend it would have taken some; where those are
        more than of anything that worked, there may be a limit.
        """
        worked = evidence.worked > 0
        self._usual = float(evidence.seconds[worked].mean()) if worked.any() else 0.0
        later = np.where(worked, evidence.seconds - self._usual, 0.0)
        numbers = np.where(self._categories, 0.0, self._points)
        self._middle = numbers[worked].mean(axis=0) if worked.any() else numbers[0]
        away = np.where(worked[:, None], numbers - self._middle, 0.0)
        self._trend = np.linalg.solve(away.T @ away + np.eye(away.shape[1]), away.T @ later)
        longest = evidence.seconds[worked].max(initial=-math.inf)
        crashed = self._by_trend(evidence.points[~worked])
        self._too_long = np.sort(crashed[crashed > longest])
        rest: Array = later - away @ self._trend
        return rest

    def _by_trend(self, points: Array) -> Array:
        """Log seconds by the trend alone."""
        away = np.where(self._categories, 0.0, points - self._middle)
        seconds: Array = self._usual + away @ self._trend
        return seconds

    def _bowl(self, points: Array) -> Array:
        """Before anything is known: the further from where it stands, the worse."""
        away = ((points[None] - self._starts[:, None]) ** 2).min(axis=0)
        away = np.minimum(away * self._doubts, _FAR)
        bowl: Array = -_BOWL * away.sum(axis=1)
        return bowl

    def forecast(self, candidates: Array) -> Forecast:
        """Candidates are rows like those of the evidence."""
        near = self._likeness(candidates)
        unknown = 1 - ((near @ self._inverse) * near).sum(axis=1)
        seconds = self._by_trend(candidates) + near @ self._slower
        ended = np.searchsorted(self._too_long, seconds)
        return Forecast(
            mean=self._mean + self._bowl(candidates) + near @ self._solved,
            deviation=np.sqrt(self._scale * np.maximum(unknown, _NOTHING)),
            works=np.clip(1 + near @ self._crashing, 0.02, 1.0) / (1 + ended**2),
            seconds=seconds,
        )

    def _likeness(self, candidates: Array) -> Array:
        """Correlation of candidates with what was measured, by one product of matrices."""
        ours, known = self._features(candidates), self._features(self._points)
        far = (ours * ours).sum(1)[:, None] + (known * known).sum(1) - 2 * ours @ known.T
        far = np.sqrt(np.maximum(far, 0.0)) * _ROOT
        likeness: Array = (1 + far + far * far / 3) * np.exp(-far)
        return likeness

    def _features(self, points: Array) -> Array:
        """Columns whose squared distances add up: a category takes a column an option."""
        columns = []
        for at, category in enumerate(self._categories):
            column, length = points[:, at], self.lengths[at]
            if category:
                options = np.arange(self._points[:, at].max() + 1)
                # An option that was never measured is as far from all others as they are.
                extra = (column > options[-1])[:, None]
                same = np.hstack([column[:, None] == options, extra])
                columns.append(math.sqrt(length / 2) * same)
            else:
                columns.append(math.sqrt(length) * column[:, None])
        return np.hstack(columns)


def expected_gain(mean: Array, deviation: Array) -> Array:
    """The gain on average when losses are thrown away."""
    z = mean / deviation
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return deviation * (z * _below(z) + density)


def _below(z: Array) -> Array:
    """The normal distribution, to seven digits: Abramowitz and Stegun, 7.1.26."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series: Array = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = factor + t * series
    half = t * series * np.exp(-x * x) / 2
    below: Array = np.where(z < 0, half, 1 - half)
    return below
