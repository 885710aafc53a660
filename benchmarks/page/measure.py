"""A campaign of 10,000 experiments as page and as chart: bytes, and how long somebody waits.

    python benchmarks/page/measure.py

Needs Chromium and Playwright (tests/e2e/install-tools). Times are processor time, in the browser
that of the page's thread with layout and paint, the best of four.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))

from autoresearch_ci.reports.chart import chart
from autoresearch_ci.reports.web import page
from autoresearch_ci.reports.web.data import content
from tests.e2e.test_page import IMPORTANT, PATCH, START, campaign

COUNT, LANES, TRIES = 10_000, 16, 4
ACTS = {
    "sort": ("sortBy('value')", "sortBy('title')"),
    "filter": ("state.kind = 'kept'; drawTable(); drawChart()",),
    "search": ("state.search = 'idea 77'; drawTable(); drawChart()",),
    "all again": ("state.kind = state.search = ''; drawTable(); drawChart()",),
}
"""What somebody does, in the page's own words."""

PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def main() -> None:
    history = campaign(COUNT, sessions=50)
    lanes = {f"s{n}": n % LANES for n in range(COUNT)}
    begun = time.process_time()
    found = content(
        replace(START), history, None, [("mar17", history)], lambda *_: PATCH * 5,
        importance=IMPORTANT, lanes=lanes,
    )  # fmt: skip
    text = page(found).encode()
    made = time.process_time()
    picture = chart(history, target_value=0.9, lanes=lanes)
    numbers = {
        "page_mb": round(len(text) / 1e6, 2),
        "page_s": round(made - begun, 2),
        "svg_kb": round(len(picture) / 1e3),
        "svg_s": round(time.process_time() - made, 2),
        **in_a_browser(text),
    }
    print(json.dumps(numbers, indent=1))


def in_a_browser(text: bytes) -> dict[str, object]:
    """First paint in milliseconds of the clock, the others of the page's thread."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder, "page.html")
        file.write_bytes(text)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        opened = browser.new_page(viewport={"width": 1400, "height": 900})
        session = opened.context.new_cdp_session(opened)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        paints = []
        for _ in range(TRIES):
            opened.goto(file.as_uri())
            opened.evaluate(PAINTED)
            paints.append(
                opened.evaluate(
                    "performance.getEntriesByName('first-contentful-paint')[0].startTime"
                )
            )
        numbers: dict[str, object] = {"first_paint_ms": round(min(paints))}
        for name, scripts in ACTS.items():
            each = (thread_ms(opened, session, script) for script in scripts)
            numbers[f"{name.replace(' ', '_')}_cpu_ms"] = round(max(each))
        browser.close()
    return numbers


def thread_ms(opened: Page, session: CDPSession, script: str) -> float:
    took = []
    for _ in range(TRIES):
        before = busy(session)
        opened.evaluate(script)
        opened.evaluate(PAINTED)
        took.append(busy(session) - before)
    return min(took) * 1e3


def busy(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


if __name__ == "__main__":
    main()
