"""The shipped program with a real model server: /continue comes from there, and the key shows nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.model_server import KEY
from tests.support.openapi import load_openapi
from tests.support.transformers_serve import chatty_llama, transformers_serve
from tests.wire.discord_server import running_discord
from tests.wire.people import Person, buttons, words
from tests.wire.program import environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")
PROMPT = "The fox opened the door near the harbour and"


@pytest.mark.long
async def test_a_suggestion_comes_from_a_server_that_runs_already(
    tmp_path: Path, tiny_causal: Path, tiny_masked: Path
) -> None:
    judge = load_openapi()
    llama = chatty_llama(tmp_path / "tale-llama")
    async with transformers_serve(llama) as server, running_discord(judge.check if judge else None) as discord:
        env = environment(discord, tmp_path / "data", tiny_causal, tiny_masked) | {
            "ENGINE": "openai",
            "OPENAI_BASE_URL": server.base,
            "OPENAI_API_KEY": KEY,
            "CAUSAL_MODEL": str(llama),
        }
        async with running_program(env, "run", folder=tmp_path) as program:
            await discord.wait_for(lambda: discord.identifies or program.process.returncode is not None)
            assert program.process.returncode is None, program.text
            await ADA.slash(discord, "continue", text=PROMPT, length=16)

            def card() -> dict[str, Any] | None:
                found = (
                    one for one in discord.messages.values() if any(":why:" in b["custom_id"] for b in buttons(one))
                )
                return next(found, None)

            shown = await discord.wait_for(card)
            why = next(button for button in buttons(shown) if ":why:" in button["custom_id"])
            await ADA.click(discord, shown, why["custom_id"])
            receipt = await discord.wait_for(
                lambda: next((one for one in discord.messages.values() if one["flags"] & 64), None)
            )
        assert discord.faults == []
    assert "tale-llama" in words(receipt)
    assert "transformers serve" in program.text
    assert KEY not in program.text
    assert "Traceback" not in program.text
