"""Secrets, and what hides, taken out of a text before it leaves this machine.

Everything here takes any text, costs time linear in its length, and finds nothing
more when it is called on its own result. For the last, a match always ends where
a word does: what follows it then looks the same before and after it is replaced.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

from autoresearch_ci.core.text import visible

REDACTED = "[REDACTED]"
COMMENT = "[comment removed]"
SHORTEST = 6
"""Characters of a value that is looked for; a shorter one would be found in any text."""

_COMMENTS = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def without_comments(prose: str) -> str:
    """Prose without its HTML comments, which nobody sees who reads it rendered."""
    return _COMMENTS.sub(COMMENT, prose)


def _any_of(*patterns: str) -> str:
    return "|".join(patterns)


# The published shapes of credentials. Each is a prefix and then as much as it may be, and takes
# the rest of the word with it: too much is better than half. Words that only look like one are
# told apart by having no digit, or an underscore where a credential has none.
_WORD = r"[A-Za-z0-9_-]"
_PLAIN = r"[A-Za-z0-9]"
_HEX = r"[0-9a-fA-F]"
_AT_A_WORD = _any_of(
    rf"gh[pousr]_{_WORD}{{16,}}[\w.-]*|github_pat_{_WORD}{{20,}}",
    rf"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-{_WORD}{{16,}}[\w.-]*",
    r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}|ABSK[A-Za-z0-9+/]{40,}={0,2}",
    rf"AIza{_WORD}{{30,}}|GOCSPX-{_WORD}{{20,}}|ya29\.{_WORD}{{20,}}[\w.-]*|AQ\.{_WORD}{{30,}}",
    rf"1//0{_WORD}{{30,}}",
    r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}",
    rf"[srp]k_(?:live|test|prod)_{_PLAIN}{{10,}}|whsec_[A-Za-z0-9+/]{{20,}}={{0,2}}",
    rf"sk-(?=[A-Za-z_-]{{0,60}}[0-9]){_WORD}{{20,}}",  # OpenAI, Anthropic, OpenRouter, DeepSeek
    rf"(?:gsk|hf|api_org|r8|fw|jina|KGAT|npm|rubygems|sbp|secret|ntn|lin_api|lin_oauth)_"
    rf"{_PLAIN}{{20,}}",
    rf"(?:pplx|xai|csk|NRAK|PMAK)-{_PLAIN}{{20,}}|lsv2_[a-z]{{2}}_{_HEX}{{20,}}",
    rf"(?:nvapi-|pypi-|tskey-[a-z]|dckr_[po]at_|wandb_v1_|pscale_[a-z]{{2,5}}_){_WORD}{{20,}}",
    rf"sntry[su]_[\w+/=]{{40,}}|gls?[ac]_[\w+/]{{20,}}={{0,2}}|shp(?:at|ca|pa|ss)_{_HEX}{{32}}",
    rf"(?:dapi|SK|key-){_HEX}{{32}}|do[opr]_v1_{_HEX}{{40,}}|pul-{_HEX}{{40}}",
    rf"SG\.{_WORD}{{16,}}\.{_WORD}{{16,}}|hv[sbr]\.{_WORD}{{20,}}|dp\.[a-z]{{2,5}}\.{_PLAIN}{{30,}}",
    rf"ATATT3{_WORD}{{40,}}[\w=-]*|AKCp{_PLAIN}{{50,}}|EAAA{_WORD}{{40,}}|LTAI{_PLAIN}{{16,}}",
    rf"sq0[a-z]{{3}}-{_WORD}{{20,}}|AGE-SECRET-KEY-1[A-Z0-9]{{40,}}|ops_eyJ[\w+/-]{{40,}}={{0,2}}",
    r"eyJ[A-Za-z0-9_-]{14,}[A-Za-z0-9_.-]*={0,2}",  # a JSON web token, or JSON in base64
    rf"[0-9]{{8,10}}:AA{_WORD}{{30,}}",
)
_ANYWHERE = _any_of(
    r"(?i:hooks\.slack\.com)/[a-z]{4,12}/[\w+/-]{16,}",
    rf"(?i:discord(?:app)?\.com)/api/webhooks/[0-9]{{10,}}/{_WORD}{{30,}}",
    rf"\.atlasv1\.{_WORD}{{40,}}|[A-Za-z0-9_~.]{{3}}[0-9]Q~[A-Za-z0-9_~.-]{{30,}}",
)
# A word begins after what is not in one, and after an escaped character, as in `\nghp_` in JSON.
_BEGINS = rf"(?:(?<!{_PLAIN})|(?<=\\[nrtbf])|(?<=%{_HEX}{{2}}))"
_TOKENS = re.compile(rf"(?:(?=\w){_BEGINS}(?:{_AT_A_WORD})|{_ANYWHERE}){_WORD}*")

_USERINFO = re.compile(
    r"(?<=://)(?:[^\s/@:\"'<>]{0,256}:[^\s/\"'<>]{1,1024}|[^\s/@\"'<>]{20,1024})@"
)

_BETWEEN = r"\\?[\"']?[ \t]{0,4}[:=]{1,2}>?[ \t]{0,4}"
_LOOKS_RANDOM = r"(?=[A-Za-z+/_.~-]{0,64}[0-9])(?=[0-9+/_.~-]{0,64}[A-Za-z])"
_HEADER = r"(?i:authorization|x-api-key|x-goog-api-key|x-auth-token|set-cookie|cookie)"
_NAME = (
    r"(?i:api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|account[_-]?key"
    r"|shared[_-]?key|signing[_-]?key|encryption[_-]?key|subscription[_-]?key"
    r"|token|secret|passw(?:or)?d|passphrase|credentials?|sig)"
)
_NAMED = re.compile(
    r"(?=[A-Ea-eP-Tp-tXx])(?:"  # what a name begins with: most characters are passed over
    rf"({_HEADER}{_BETWEEN}\\?[\"']?)(?:(?i:bearer|basic|token|digest)[ \t]{{1,4}})?"
    r"[\w+/=.~%:;,-]{4,}(?:[ \t][\w.-]{1,64}=[\w+/=.~%:;,-]+)*"
    rf"|({_NAME}{_BETWEEN}\\?[\"'`]){_LOOKS_RANDOM}[\w+/.~%-]{{16,}}={{0,2}}[\w-]*"
    rf"|({_NAME}(?:=|:[ \t]{{0,4}})|(?i:bearer)[ \t]{{1,4}}){_LOOKS_RANDOM}"
    r"[\w+/~%-]{20,}={0,2}[\w-]*)"
)

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?(?:-----)?")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?(?:-----)?")


class Redactor:
    """Takes secrets out of texts: those of a known shape, and the `values` it is told.

    A value is found as it is and in the forms in which it turns up in logs: each of
    its lines, base64 (also inside a longer text, such as `user:value`),
    hexadecimal, URL-encoded, and as a string of JSON or HTML. One that is shorter
    than `SHORTEST` characters is not looked for.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        found = {form for value in values for form in _forms(value)}
        self._forms = sorted(found, key=lambda form: (-len(form), form))

    def __call__(self, text: str, *, prose: bool = False) -> str:
        """The text without what hides and what is secret; prose loses its comments too."""
        text = visible(text)
        if prose:
            text = without_comments(text)
        here = [form for form in self._forms if form in text]
        values = re.compile(f"(?:{'|'.join(map(re.escape, here))}){_WORD}*") if here else None
        return REDACTED.join(_redacted(piece, values) for piece in text.split(REDACTED))


def mask(value: str, write: Callable[[str], object]) -> None:
    """Have GitHub Actions hide the value in its log from now on; `write` is to that log."""
    if value.strip():
        escaped = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        write(f"::add-mask::{escaped}\n")


def _redacted(text: str, values: re.Pattern[str] | None) -> str:
    """One piece in which nothing was redacted yet."""
    if values:
        text = values.sub(REDACTED, text)
    text = _TOKENS.sub(REDACTED, _without_keys(text))
    text = _USERINFO.sub(f"{REDACTED}@", text)
    return _NAMED.sub(lambda found: f"{found[1] or found[2] or found[3]}{REDACTED}", text)


def _without_keys(text: str) -> str:
    """Without blocks of private keys, also those of which an end was cut off."""
    if "PRIVATE KEY" not in text:
        return text
    before, *keys = _KEY_BEGINS.split(text)
    head = _KEY_ENDS.split(before)
    kept = [*([""] if len(head) > 1 else []), head[-1]]
    for key in keys:
        _, *after = _KEY_ENDS.split(key)
        kept.append(after[-1] if after else "")
    return REDACTED.join(kept)


def _forms(value: str) -> set[str]:
    """Every form of a value that is looked for."""
    forms: set[str] = set()
    for one in {value, value.strip(), " ".join(value.split()), *value.splitlines()}:
        if len(one) < SHORTEST:
            continue
        data = one.encode("utf-8", "surrogatepass")
        as_json = json.dumps(one, ensure_ascii=False)[1:-1]
        forms |= {one, as_json, json.dumps(one)[1:-1], as_json.replace("/", "\\/")}
        forms |= {quote(data), quote(data, safe=""), quote_plus(data), html.escape(one)}
        forms |= {re.sub("%..", lambda code: code[0].lower(), quote(data, safe=""))}
        forms |= {data.hex(), data.hex().upper(), *_in_base64(data)}
    seen = {part for form in forms for part in visible(form).split(REDACTED)}
    return {form for form in seen if len(form) >= SHORTEST}


def _in_base64(data: bytes) -> set[str]:
    """The parts that are in the base64 of every text that holds `data`, wherever it begins."""
    forms = set()
    for shift in range(3):
        digits = b64encode(bytes(shift) + data).decode().rstrip("=")
        first = (8 * shift + 5) // 6  # the digits before it hold bits of what comes before
        whole = 8 * (shift + len(data)) // 6
        core = digits[first:whole]
        forms |= {core, core.replace("+", "-").replace("/", "_")}
    return forms
