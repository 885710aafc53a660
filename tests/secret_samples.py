"""Secrets to plant: made up from their published shapes, so that none is in this file."""

from __future__ import annotations

import base64
import html
import json
import random
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + "234567"

SHAPES = {
    "github": ("ghp_", ALNUM, 36),
    "github app": ("ghs_", ALNUM, 36),
    "github fine": ("github_pat_", ALNUM + "_", 82),
    "gitlab": ("glpat-", ALNUM + "_-", 20),
    "aws": ("AKIA", UPPER, 16),
    "aws session": ("ASIA", UPPER, 16),
    "google": ("AIza", ALNUM + "_-", 35),
    "google oauth": ("ya29.", ALNUM + "_-", 60),
    "google client": ("GOCSPX-", ALNUM + "_-", 28),
    "slack": ("xoxb-", string.digits + "-", 40),
    "slack app": ("xapp-1-", ALNUM + "-", 60),
    "stripe": ("sk_live_", ALNUM, 24),
    "stripe restricted": ("rk_live_", ALNUM, 24),
    "openai": ("sk-proj-", ALNUM + "_-", 120),
    "openai old": ("sk-", ALNUM, 48),
    "anthropic": ("sk-ant-api03-", ALNUM + "_-", 95),
    "openrouter": ("sk-or-v1-", HEX, 64),
    "huggingface": ("hf_", string.ascii_letters, 34),
    "npm": ("npm_", ALNUM, 36),
    "pypi": ("pypi-AgEIcHlwaS5vcmc", ALNUM + "_-", 80),
    "groq": ("gsk_", ALNUM, 52),
    "replicate": ("r8_", ALNUM, 37),
    "xai": ("xai-", ALNUM, 80),
    "nvidia": ("nvapi-", ALNUM + "_-", 64),
    "docker": ("dckr_pat_", ALNUM + "_-", 27),
    "digitalocean": ("dop_v1_", HEX, 64),
    "databricks": ("dapi", HEX, 32),
    "twilio": ("SK", HEX, 32),
    "vault": ("hvs.", ALNUM + "_-", 90),
    "shopify": ("shpat_", HEX, 32),
    "postman": ("PMAK-", HEX, 24),
    "grafana": ("glsa_", ALNUM, 32),
    "telegram": ("123456789:AA", ALNUM + "_-", 33),
    "doppler": ("dp.pt.", ALNUM, 43),
}


def some(rng: random.Random, letters: str, count: int) -> str:
    """Random characters; the first and the last are letters or digits of the alphabet."""
    ends = "".join(c for c in letters if c.isalnum())
    middle = "".join(rng.choices(letters, k=count - 2))
    return rng.choice(ends) + middle + rng.choice(ends)


def token(rng: random.Random, kind: str) -> str:
    """A secret of this kind."""
    prefix, letters, count = SHAPES[kind]
    return prefix + some(rng, letters, count)


def jwt(rng: random.Random) -> str:
    parts = [json.dumps({"alg": "HS256"}), json.dumps({"sub": some(rng, ALNUM, 12)})]
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, some(rng, ALNUM + "_-", 43)])


def private_key(rng: random.Random) -> str:
    body = "\n".join(some(rng, ALNUM + "+/", 64) for _ in range(12))
    kind = rng.choice(["RSA ", "EC ", "OPENSSH ", ""])
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def value(rng: random.Random) -> str:
    """A secret of no known shape, such as a password, of letters that encodings change."""
    letters = ALNUM + rng.choice(["", "/+=", "!$%&'\"\\<> ", "äö€", "\t"])
    return some(rng, letters, rng.randint(8, 60))


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of user and password": lambda text: base64.b64encode(b"me:" + text.encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(f"u:{text}:x".encode()).decode(),
    "url": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "json": lambda text: json.dumps({"a": text}),
    "json in letters": lambda text: json.dumps({"a": text}, ensure_ascii=False),
    "html": html.escape,
    "hex": lambda text: text.encode().hex(),
    "hidden": "\u200b".join,
    "coloured": lambda text: f"{text[:3]}\x1b[31m{text[3:]}",
}
