"""Actions of others are named by a commit, the same one everywhere: in workflows, docs and remedies."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict

from autoresearch_ci.core.checkout import CHECKOUT
from tests.action_image import ROOT

NAMED = re.compile(
    r"\b((?:actions|astral-sh|pnpm|docker)/[\w-]+)(?:/\w+)?@([\w.]+)(?: # (v[\d.]+))?"
)


def test_every_action_is_pinned():
    """No document, template or message names a version that can move, or two of one action."""
    words = ["git", "ls-files", "*.md", "*.yml", "autoresearch_ci", "process"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = defaultdict(set)
    for path in done.stdout.split():
        for name, commit, version in NAMED.findall((ROOT / path).read_text(errors="replace")):
            assert re.fullmatch("[0-9a-f]{40}", commit), (path, name, commit)
            found[name].add((commit, version))
    assert {name: len(pins) for name, pins in found.items()} == dict.fromkeys(found, 1)
    (pin,) = found["actions/checkout"]
    assert f"actions/checkout@{' # '.join(pin)}" == CHECKOUT
