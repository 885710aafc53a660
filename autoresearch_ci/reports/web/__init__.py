"""A campaign as one page of HTML that asks nothing of anybody: no network, no other file.

A policy in it lets the browser run the page's own script and nothing else, and all that
comes from outside is data of that script, which puts it into the page as text.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

_SCRIPTS = ("model.js", "chart.js", "labels.js", "lanes.js", "table.js", "detail.js", "page.js")


def page(data: dict[str, Any], *, dark: bool | None = None) -> str:
    """The page that shows this data, `data.content`; `dark` None follows the reader's system."""
    style, script = _read("style.css"), "".join(map(_read, _SCRIPTS))
    theme = "" if dark is None else f' data-theme="{"dark" if dark else "light"}"'
    return Template(_read("template.html")).substitute(
        theme=theme,
        policy=policy(live=bool(data["live"])),
        title=escape(f"{data['tag']}: {data['headline']}"),
        style=style,
        script=script,
        # In a script element only `<` can begin markup.
        data=dumps(data).replace("<", "\\u003c"),
    )


def dumps(data: dict[str, Any]) -> str:
    """The data as JSON, as short as it can be."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@cache
def policy(*, live: bool) -> str:
    """The content security policy: this script and this style, and the own server if `live`."""
    style, script = _read("style.css"), "".join(map(_read, _SCRIPTS))
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        f"img-src data:; base-uri 'none'; form-action 'none'"
        + ("; connect-src 'self'" if live else "")
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
