"""Draw every state of chart and page on one sheet, dist/pictures/sheet.png: to be looked at.

Part of `make pictures`. With Chromium and Playwright the page's states are on it too, and the
pages of the real campaigns become docs/pictures/page.png and page-lanes.png.
"""

from __future__ import annotations

import io
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from autoresearch_ci.core.history import History  # noqa: E402
from autoresearch_ci.core.model import Direction  # noqa: E402
from autoresearch_ci.reports.chart import chart  # noqa: E402
from tests.e2e.test_page import campaign, sync_playwright  # noqa: E402

MADE = ROOT / "dist/pictures"
REAL = {"page": MADE / "page.html", "page-lanes": MADE / "lanes.html"}
"""The pages of the real campaigns, which make.py leaves there."""

WIDTH, HEIGHT, COLUMNS = 800, 400, 3
LARGE = {"width": 1400, "height": 1000}
SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "page": ("page", {"viewport": LARGE}),
    "page-lanes": ("page-lanes", {"viewport": LARGE, "color_scheme": "dark"}),
    "dark": ("page", {"viewport": LARGE, "color_scheme": "dark"}),
    "phone": ("page", {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}),
}
"""A page each, and the browser that it is seen in."""


def histories() -> dict[str, History]:
    """Campaigns of every kind that a chart has to show."""
    wide = campaign(120, Direction.LOWER, scale=1.0, offset=3.0)
    for each in (wide.experiments, wide.kept):
        each[:] = [  # type: ignore[index]
            e if e.value is None else replace(e, value=10 ** (4 * e.value - 12), samples=())
            for e in each
        ]
    return {
        "empty": History(Direction.LOWER),
        "baseline": campaign(1),
        "young": campaign(12),
        "hundred": campaign(100),
        "upwards": campaign(160, Direction.HIGHER),
        "negative": campaign(90, offset=-5.0),
        "tiny": campaign(60, scale=1e-9),
        "huge": campaign(60, scale=1e12),
        "only crashes": campaign(40, kinds="c"),
        "wide": wide,
        "thousand": campaign(1_000),
        "ten thousand": campaign(10_000),
    }


def charts() -> list[Image.Image]:
    """Each of them, every other one in the dark."""
    drawn = [
        chart(history, target_value=0.9, form="png", dark=bool(number % 2))
        for number, history in enumerate(histories().values())
    ]
    return [Image.open(io.BytesIO(data)).resize((WIDTH, HEIGHT)) for data in drawn]


def screens() -> list[Image.Image]:
    """The pages of the real campaigns in a browser; nothing where there is none."""
    browser = shutil.which("chromium")
    if not (browser and sync_playwright and all(page.exists() for page in REAL.values())):
        print("No pictures of the page: tests/e2e/install-tools gets Chromium and Playwright.")
        return []
    taken = []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (page, options) in SCREENS.items():
            shown = opened.new_page(**options)
            shown.goto(REAL[page].as_uri())
            shown.screenshot(path=MADE / f"{name}.png")
            taken.append(Image.open(MADE / f"{name}.png").convert("RGB"))
            if name in REAL:
                small = taken[-1].quantize(256, method=Image.Quantize.MAXCOVERAGE)
                small.save(ROOT / f"docs/pictures/{name}.png", optimize=True)
        opened.close()
    return taken


def main() -> None:
    """Make the sheet."""
    MADE.mkdir(parents=True, exist_ok=True)
    pictures = charts()
    for taken in screens():
        taken.thumbnail((WIDTH, 2 * HEIGHT))
        pictures.append(taken)
    heights = [
        max(picture.height for picture in pictures[at : at + COLUMNS])
        for at in range(0, len(pictures), COLUMNS)
    ]
    sheet = Image.new("RGB", (COLUMNS * WIDTH, sum(heights)), "white")
    for number, picture in enumerate(pictures):
        line, column = divmod(number, COLUMNS)
        sheet.paste(picture, (column * WIDTH, sum(heights[:line])))
    sheet.save(MADE / "sheet.png")
    print(f"Look at {MADE / 'sheet.png'}")


if __name__ == "__main__":
    main()
