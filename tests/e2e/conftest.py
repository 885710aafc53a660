"""What several of the end-to-end tests need."""

from __future__ import annotations

import pytest

from tests import action_image


@pytest.fixture(scope="session")
def image(tmp_path_factory) -> str:
    """The Action's image, built from the Dockerfile."""
    return action_image.build(tmp_path_factory.mktemp("base"))
