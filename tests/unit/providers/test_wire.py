"""Proxies, certificates and addresses as they are out there."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import ProviderError
from autoresearch_ci.providers import Options
from autoresearch_ci.providers.key_proxy import KeyProxy
from autoresearch_ci.providers.openai import OpenAIProvider
from tests.servers.api import QUICK, TALK, TEXT
from tests.servers.openai import KEY, OpenAIServer, Says, openai_provider
from tests.servers.sockets import Server, whole

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, with its key in the same file."""
    if not shutil.which("openssl"):
        pytest.skip("NOT RUN: no openssl to make a certificate with")
    key, cert, both = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    return both


@pytest.fixture
def https(certificate: Path) -> Iterator[OpenAIServer]:
    server = OpenAIServer(Says())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.secure(context)
    with server:
        yield server


def test_untrusted_certificate_is_told_as_that_and_not_retried(https: OpenAIServer) -> None:
    """Who sits between us and the API gets no key, and the user hears about SSL_CERT_FILE."""
    with pytest.raises(ProviderError, match="SSL_CERT_FILE") as caught:
        openai_provider(https.url).ask(TALK)
    assert not https.seen
    assert not caught.value.passing


def test_certificates_of_the_environment_are_trusted(
    https: OpenAIServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE does for us what it does for other programs."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert openai_provider(https.url).ask(TALK).text == TEXT


def test_an_agents_proxy_trusts_what_we_trust(
    https: OpenAIServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key is added over a connection that is trusted, and over no other."""
    keys = {"OPENAI_API_KEY": KEY}
    for trusted, status in ((False, 502), (True, 200)):
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with KeyProxy(keys, f"{https.url}/v1") as proxy:
            provider = openai_provider(
                proxy.url.removesuffix("/v1"), key=proxy.placeholders["OPENAI_API_KEY"]
            )
            if trusted:
                assert provider.ask(TALK).text == TEXT
            else:
                with pytest.raises(ProviderError):
                    provider.ask(TALK)
                assert "SSL_CERT_FILE" in proxy.failure.remedy
        assert len(https.seen) == (status == 200)


def test_an_agents_proxy_without_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says wrongly is told before an agent is started."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    with (
        pytest.raises(ProviderError, match="Correct SSL_CERT_FILE"),
        KeyProxy({"OPENAI_API_KEY": KEY}, "https://api.openai.com/v1"),
    ):
        pass


def test_missing_certificate_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong SSL_CERT_FILE is an error that names it."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    with pytest.raises(ProviderError, match="Correct SSL_CERT_FILE"):
        openai_provider("http://127.0.0.1:9").ask(TALK)


@pytest.mark.parametrize("proxy", ["socks9://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_impossible_proxy_is_told(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be used is an error that names where it comes from."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    provider = OpenAIProvider("", Options(base_url="http://gpu-box/v1", model="m", patience=QUICK))
    with pytest.raises(ProviderError, match="ALL_PROXY"):
        provider.ask(TALK)


def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers elsewhere are asked through the proxy, as everything else is."""
    with Server(lambda _: whole(200, Says().whole("m"))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        provider = OpenAIProvider(
            "", Options(base_url="http://gpu-box/v1", model="m", patience=QUICK)
        )
        assert provider.ask(TALK).text == TEXT
    assert proxy.seen[0].path == "http://gpu-box/v1/chat/completions"


def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy does not get the key and the source of somebody who runs a model at home."""
    with Server(lambda _: whole(500, b"")) as proxy, OpenAIServer(Says()) as server:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        assert openai_provider(server.url, key=KEY).ask(TALK).text == TEXT
    assert not proxy.seen


def test_unknown_host_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt host is named in the error."""
    provider = OpenAIProvider(
        "k" * 20, Options(base_url="https://no-such-host.invalid/v1", model="m", patience=QUICK)
    )
    with pytest.raises(ProviderError, match=r"no-such-host\.invalid cannot be reached"):
        provider.ask(TALK)


def test_compressed_rubbish_is_a_wrong_answer() -> None:
    """A body that claims to be compressed and is not is told as that."""
    with (
        Server(lambda _: whole(200, b"not gzip", content_encoding="gzip")) as server,
        pytest.raises(ProviderError, match="compressed"),
    ):
        openai_provider(server.url).ask(TALK)
