"""What the search sees in a text, without a campaign."""

from __future__ import annotations

from autoresearch_ci.proposers.search import kinds
from autoresearch_ci.proposers.search.parameters import Parameter
from autoresearch_ci.proposers.search.protect import protect
from autoresearch_ci.proposers.search.source import Source
from autoresearch_ci.source_code.syntax import tokens


def seen(text: str, path: str = "train.py", metric: str = "loss") -> kinds.Seen:
    found = tokens(path, text)
    return kinds.find(Source(path, text, found, protect(found, metric)))


def parameters(text: str, path: str = "train.py", metric: str = "loss") -> list[Parameter]:
    return seen(text, path, metric).parameters
