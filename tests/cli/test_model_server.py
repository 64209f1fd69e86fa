"""`inkling doctor` with a model server: reached or not, with the key, for the model that is named there."""

from __future__ import annotations

import asyncio

import pytest

from tests.cli.conftest import Inkling
from tests.support.model_server import KEY, Double, model_server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {"ENGINE": "openai", "CAUSAL_MODEL": "tale-7b", "OPENAI_API_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


async def test_doctor_asks_the_server(inkling: Inkling, served: pytest.MonkeyPatch) -> None:
    vllm = [{"id": "tale-7b", "owned_by": "vllm", "max_model_len": 8192}]
    async with model_server(Double(key=KEY, models=vllm)) as double:
        served.setenv("OPENAI_BASE_URL", double.base)
        code, out, err = await asyncio.to_thread(inkling, "doctor")
        assert code == 0, out
        assert f"well  model server: {double.server().host} has tale-7b: vLLM, completions, window 8192 tokens." in out
        served.setenv("OPENAI_API_KEY", "another")
        code, out, more = await asyncio.to_thread(inkling, "doctor")
    assert code == 1
    assert "does not accept the key (401, invalid_api_key): check OPENAI_API_KEY." in out
    code, out, last = await asyncio.to_thread(inkling, "doctor")
    assert code == 1
    assert "mend  model server: The model server at 127.0.0.1:" in out
    assert "cannot be reached" in out
    assert KEY not in out + err + more + last
