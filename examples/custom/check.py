"""Exits 0 when the vans that pack.py prints hold every parcel once, whole and side by side,
and are as full as it says."""

import subprocess
import sys
from collections import Counter

from parcels import HEIGHT, WIDTH, parcels


def check(vans):
    packed = Counter()
    for van in vans:
        taken = set()
        for left, bottom, width, height in van:
            cells = {
                (x, y)
                for x in range(left, left + width)
                for y in range(bottom, bottom + height)
            }
            if left < 0 or bottom < 0 or left + width > WIDTH or bottom + height > HEIGHT:
                sys.exit(f"a parcel sticks out of its van: {(left, bottom, width, height)}")
            if cells & taken:
                sys.exit(f"two parcels share room at {min(cells & taken)}")
            taken |= cells
            packed[min(width, height), max(width, height)] += 1
    if packed != Counter((min(parcel), max(parcel)) for parcel in parcels()):
        sys.exit("the vans do not hold every parcel once")


def main():
    output = subprocess.run(
        [sys.executable, "pack.py"], check=True, capture_output=True, text=True
    ).stdout
    vans = [
        [tuple(map(int, parcel.split(","))) for parcel in line.split()[1:]]
        for line in output.splitlines()
        if line.startswith("van ")
    ]
    check(vans)
    used = sum(width * height for van in vans for _, _, width, height in van)
    last = max(bottom + height for _, bottom, _, height in vans[-1])
    fill = f"fill: {used / (WIDTH * (HEIGHT * (len(vans) - 1) + last)):.6f}"
    if [line for line in output.splitlines() if line.startswith("fill")] != [fill]:
        sys.exit(f"pack.py does not print what is true, and nothing else: {fill}")


if __name__ == "__main__":
    main()
