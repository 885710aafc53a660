"""Find the passage that a question is about; how high the right one is ranked."""

import math
import random
from collections import Counter

pick = random.Random(5)
STEMS = [a + b for a in "ba ke li mo nu pra sto ti vel zor".split() for b in "ga ren mi lo tas".split()]
ENDS = ["", "s", "ing", "ed", "ly"]
COMMON = "the of a in to is and for".split()


def word(topic):
    base = topic[min(int(pick.expovariate(0.35)), len(topic) - 1)] if pick.random() < 0.6 else pick.choice(STEMS)
    return base + pick.choice(ENDS)


TOPICS = [pick.sample(STEMS, 12) for _ in range(60)]
PASSAGES = []
for topic in TOPICS:
    size = int(pick.lognormvariate(3.4, 0.7)) + 6
    title = [word(topic) for _ in range(3)]
    body = [pick.choice(COMMON) if pick.random() < 0.45 else word(topic) for _ in range(size)]
    PASSAGES.append((title, body))
QUESTIONS = []
for number in range(120):
    topic = TOPICS[number % 60]
    QUESTIONS.append((number % 60, [pick.choice(COMMON) if pick.random() < 0.4 else word(topic) for _ in range(5)]))

# EVOLVE-BLOCK-START
TOKENS = "words"  # words | stems | trigrams | prefixes
WEIGHTING = "count"  # count | binary | log | saturated
RARITY = "none"  # none | idf | squared_idf
LENGTH_NORM = "none"  # none | cosine | pivoted
MERGE = "sum"  # sum | max | harmonic
SATURATION = 1.2
PIVOT = 0.3
TITLE_WEIGHT = 1.0
PREFIX_LENGTH = 5
DROP_SHARE = 1.0
MIN_OVERLAP = 1
EXPANSION = 0.0
# EVOLVE-BLOCK-END


def pieces(words):
    found = []
    for each in words:
        if TOKENS == "words":
            found.append(each)
        elif TOKENS == "stems":
            cut = next((e for e in ("ing", "ed", "ly", "s") if each.endswith(e)), "")
            found.append(each[: len(each) - len(cut)] if cut else each)
        elif TOKENS == "trigrams":
            found += [each[i : i + 3] for i in range(max(1, len(each) - 2))]
        elif TOKENS == "prefixes":
            found.append(each[:PREFIX_LENGTH])
        else:
            raise ValueError(TOKENS)
    return found


def strength(count):
    return {
        "count": lambda: count,
        "binary": lambda: 1.0 if count else 0.0,
        "log": lambda: math.log1p(count),
        "saturated": lambda: count * (SATURATION + 1) / (count + SATURATION),
    }[WEIGHTING]()


fields = [(Counter(pieces(title)), Counter(pieces(body))) for title, body in PASSAGES]
spread = Counter(piece for title, body in fields for piece in {*title, *body})
rare = {
    piece: {"none": 1.0, "idf": math.log(61 / n), "squared_idf": math.log(61 / n) ** 2}[RARITY]
    for piece, n in spread.items()
    if n <= DROP_SHARE * len(fields)
}
weights = []
for title, body in fields:
    row = {}
    for piece in {*title, *body}:
        if piece in rare:
            row[piece] = (TITLE_WEIGHT * strength(title[piece]) + strength(body[piece])) * rare[piece]
    size = sum(body.values()) + sum(title.values())
    norm = {
        "none": lambda: 1.0,
        "cosine": lambda: math.sqrt(sum(v * v for v in row.values())) or 1.0,
        "pivoted": lambda: 1 - PIVOT + PIVOT * size / 60,
    }[LENGTH_NORM]()
    weights.append({piece: value / norm for piece, value in row.items()})

total = 0.0
for right, words in QUESTIONS:
    asked = Counter(pieces(words))
    if EXPANSION > 0:
        for piece in list(asked):
            for other in spread:
                if other[:3] == piece[:3] and other != piece:
                    asked[other] += EXPANSION
    scores = []
    for row in weights:
        shares = [row[p] * n for p, n in asked.items() if p in row]
        if len(shares) < MIN_OVERLAP:
            scores.append(0.0)
        elif MERGE == "sum":
            scores.append(sum(shares))
        elif MERGE == "max":
            scores.append(max(shares, default=0.0))
        else:
            scores.append(1 / sum(1 / (s + 1e-6) for s in shares) * len(shares) ** 2 if shares else 0.0)
    place = sum(s > scores[right] for s in scores) + 0.5 * sum(s == scores[right] for s in scores) - 0.5
    total += 1 / (1 + max(place, 0.0))
print(f"reciprocal_rank: {total / len(QUESTIONS):.6f}")
