"""The Docker engine of this machine, and the Action's image in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMAGE = "autoresearch-ci:e2e"
BASE = "autoresearch-base:e2e"
"""Debian with Python and git, and what this machine needs to reach a registry."""

LOCAL_BASE = "autoresearch-base:local"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


def has_image(name: str) -> bool:
    done = subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False)
    return done.returncode == 0


def build(folder: Path) -> str:
    """The image, built from the Dockerfile; NOT RUN where there is no engine or no base."""
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: not root, and the workspace has to be another user's")
    if shutil.which("docker") is None:
        pytest.skip("NOT RUN: docker is not installed")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: no Docker engine answers")
    base = re.search(r"^ARG BASE=(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    if not has_image(base):
        if not has_image(LOCAL_BASE):
            pytest.skip("NOT RUN: no base image; tests/e2e/install-tools makes one")
        base = LOCAL_BASE
    lines = [f"FROM {base}"]
    if CERTIFICATES.exists():  # a proxy's certificate may be among them
        shutil.copy(CERTIFICATES, folder / "certificates")
        lines += [f"COPY certificates {CERTIFICATES}", f"ENV PIP_CERT={CERTIFICATES}"]
    lines += [f"ENV {k}={os.environ[k]}" for k in ("PIP_INDEX_URL",) if k in os.environ]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    docker("build", "-q", "-t", BASE, str(folder))
    docker(
        "build", "-q", "--network", "host", "--build-arg", f"BASE={BASE}", "-t", IMAGE, str(ROOT)
    )
    return IMAGE
