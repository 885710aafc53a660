"""What a user writes as base_url, and where requests go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch_ci.core.errors import SettingsError
from autoresearch_ci.providers import Options
from autoresearch_ci.providers.address import address
from autoresearch_ci.providers.openai import OpenAIProvider

CHAT = "chat/completions"


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://api.openai.com/v1", CHAT, "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1/", CHAT, "https://api.openai.com/v1/chat/completions"),
        (
            "http://localhost:11434/v1/chat/completions",
            CHAT,
            "http://localhost:11434/v1/chat/completions",
        ),
        ("https://openrouter.ai/api/v1", CHAT, "https://openrouter.ai/api/v1/chat/completions"),
        (
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            CHAT,
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://api.anthropic.com",
            "v1/messages",
            "https://api.anthropic.com/v1/messages",
        ),
        ("https://gw.example.com/v1", "v1/messages", "https://gw.example.com/v1/messages"),
        (
            "https://gw.example.com/anthropic/v1/messages/",
            "v1/messages",
            "https://gw.example.com/anthropic/v1/messages",
        ),
        ("http://[::1]:8080/v1", CHAT, "http://[::1]:8080/v1/chat/completions"),
    ],
)
def test_path_is_added_once(base: str, path: str, url: str) -> None:
    """It does not matter how much of the address a user has copied."""
    assert address(base, path, keyed=True).url == url


@pytest.mark.parametrize(
    "base",
    ["http://localhost:8080/v1", "http://127.0.0.1:1", "http://[::1]:1", "http://a.localhost"],
)
def test_this_machine_is_known_as_such(base: str) -> None:
    """A server here may be asked without encryption, and is not asked through a proxy."""
    assert address(base, CHAT, keyed=True).loopback


@pytest.mark.parametrize(
    "host", ["192.168.1.7:8000", "10.0.0.1", "gpu-box:8000", "gpu.local", "host.docker.internal"]
)
def test_key_may_go_unencrypted_within_the_own_network(host: str) -> None:
    """A server in the next room needs no certificate."""
    assert not address(f"http://{host}/v1", CHAT, keyed=True).loopback


@pytest.mark.parametrize(
    "host", ["api.example.com", "8.8.8.8", "[2606:4700::1]", "localhost.evil.com"]
)
def test_key_does_not_go_unencrypted_over_the_internet(host: str) -> None:
    """http:// with a key is refused with a remedy; without a key it is the user's choice."""
    with pytest.raises(SettingsError, match="https://"):
        address(f"http://{host}/v1", CHAT, keyed=True)
    assert address(f"http://{host}/v1", CHAT, keyed=False).url


@pytest.mark.parametrize(
    "base",
    [
        *("", "api.openai.com/v1", "ftp://a/b", "file:///etc/passwd", "https://", "http://:80"),
        *("https://a b/v1", "https://a..b", "https://a:0", "https://a:99999", "https://[::1"),
        *(
            "https://user:secret@example.com/v1",
            "https://a/v1#x",
            "https://é.com",
            "https://-a.com",
        ),
        *("https://a\n.com", "https://" + "a" * 64 + ".com", "https://a$b"),
    ],
)
def test_what_is_no_address_is_refused(base: str) -> None:
    """A misspelt address is told before anything is sent, and a password in it is not shown."""
    with pytest.raises(SettingsError) as caught:
        address(base, CHAT, keyed=False)
    assert "secret" not in str(caught.value)
    assert caught.value.remedy.endswith(".")


@given(st.text(max_size=40), st.booleans())
def test_no_text_does_more_than_be_refused(base: str, keyed: bool) -> None:
    """Whatever is written as base_url gives an address or a SettingsError."""
    for written in (base, f"https://{base}", f"http://a.b/{base}"):
        try:
            where = address(written, CHAT, keyed=keyed)
        except SettingsError:
            continue
        assert where.url.isascii()
        assert where.host


def test_host_alone_means_v1() -> None:
    """`http://localhost:11434` is understood, as no server we know is at its root."""
    provider = OpenAIProvider("", Options(base_url="http://localhost:11434", model="m"))
    assert provider._address.url == "http://localhost:11434/v1/chat/completions"
