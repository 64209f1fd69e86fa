"""Fixtures that more than one part of the tests needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.models import tiny_bert, tiny_gpt2


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny GPT-2, made once."""
    return tiny_gpt2(tmp_path_factory.mktemp("causal"))


@pytest.fixture(scope="session")
def tiny_masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny BERT, made once."""
    return tiny_bert(tmp_path_factory.mktemp("masked"))
