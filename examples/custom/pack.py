"""Packs parcels into vans; prints `fill`, the share of their room that is used."""

import random

from parcels import HEIGHT, WIDTH, parcels

# How a parcel's place is judged; the lowest sum wins.
WASTE_WEIGHT = 1.0  # room below the parcel that nothing can reach any more
HEIGHT_WEIGHT = 1.0  # how high the parcel's top would be
SIDE_WEIGHT = 0.5  # how far from the nearest wall it would stand

SORT_BY = "area"  # width, height, area or longest
TURN = False  # whether a parcel may be turned by a quarter
ROUNDS = 8  # orders that are tried; the best one is kept
SHUFFLE = 16  # swaps that make one order from the last best one


def place(skyline, width, height):
    """The cheapest place: (cost, left, bottom), or None where there is no room."""
    best = None
    for left in range(WIDTH - width + 1):
        under = skyline[left : left + width]
        bottom = max(under)
        if bottom + height > HEIGHT:
            continue
        waste = sum(bottom - top for top in under)
        side = min(left, WIDTH - width - left)
        cost = (
            WASTE_WEIGHT * waste
            + HEIGHT_WEIGHT * (bottom + height) * width
            + SIDE_WEIGHT * side
        )
        if best is None or cost < best[0]:
            best = (cost, left, bottom)
    return best


def pack(order):
    """Vans as lists of (left, bottom, width, height), filled one after the other."""
    vans = []
    for width, height in order:
        sides = [(width, height)]
        if TURN:
            sides.append((height, width))
        for skyline, van in vans:
            found = [(place(skyline, *side), side) for side in sides]
            found = [(spot, side) for spot, side in found if spot is not None]
            if found:
                break
        else:
            skyline, van = [0] * WIDTH, []
            vans.append((skyline, van))
            found = [(place(skyline, *side), side) for side in sides]
            found = [(spot, side) for spot, side in found if spot is not None]
        (_, left, bottom), (wide, high) = min(found)
        skyline[left : left + wide] = [bottom + high] * wide
        van.append((left, bottom, wide, high))
    return [van for _, van in vans]


def fill(vans):
    """The share of the room used; the last van counts only up to its highest parcel."""
    used = sum(wide * high for van in vans for _, _, wide, high in van)
    last = max(bottom + high for _, bottom, _, high in vans[-1])
    return used / (WIDTH * (HEIGHT * (len(vans) - 1) + last))


def key(parcel):
    width, height = parcel
    values = {
        "width": width,
        "height": height,
        "area": width * height,
        "longest": max(width, height),
    }
    return -values[SORT_BY]


def main():
    rng = random.Random(7)
    best_order = sorted(parcels(), key=key)
    best = pack(best_order)
    for _ in range(ROUNDS - 1):
        order = list(best_order)
        for _ in range(SHUFFLE):
            a, b = rng.randrange(len(order)), rng.randrange(len(order))
            order[a], order[b] = order[b], order[a]
        vans = pack(order)
        if fill(vans) >= fill(best):
            best, best_order = vans, order
    for van in best:
        print("van", *(",".join(map(str, parcel)) for parcel in van))
    print(f"fill: {fill(best):.6f}")


if __name__ == "__main__":
    main()
