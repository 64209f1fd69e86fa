"""The log of an evening at LOG_LEVEL=DEBUG, in which everything is typed everywhere and much is refused by Discord: no
word of what people wrote stands in it, and no token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.cli import online
from bot.cli.terminal import Terminal
from bot.settings import Settings
from tests.support.all_routes import all_routes
from tests.wire.discord_server import TOKEN, DiscordServer, running_discord
from tests.wire.faults import Fault, Reply
from tests.wire.people import Person
from tests.wire.program import environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")
MARK = "Zimtschnecke"
"""A word that stands in everything that is typed, and nowhere else."""
STRING, INTEGER, BOOLEAN = 3, 4, 5
BOXES = ("text", "title", "premise", "left", "right", "triggers", "words", "words0", "words1")
"""The names of all boxes in forms: whoever asks for one finds it."""
LEAVE_OUT = {"settings", "privacy delete"}


def leaves(commands: list[Any]) -> Iterator[tuple[list[str], list[Any]]]:
    """Each slash command by its names, with its options."""
    for command in commands:
        if command.get("type", 1) == 1:
            yield from _below([command["name"]], command.get("options", []))


def _below(names: list[str], options: list[Any]) -> Iterator[tuple[list[str], list[Any]]]:
    inner = [option for option in options if option["type"] in (1, 2)]
    for option in inner:
        yield from _below([*names, option["name"]], option.get("options", []))
    if not inner:
        yield names, options


def filled(names: list[str], options: list[Any]) -> dict[str, Any]:
    """Something in every option that takes it."""
    given: dict[str, Any] = {}
    for option in options:
        if option["type"] == STRING:
            text = f"{MARK} typed into {'-'.join(names)} {option['name']} ___ and more of it. " * 60
            given[option["name"]] = text[: option.get("max_length", 4400)]
            if option.get("choices"):
                given[option["name"]] = option["choices"][0]["value"]
        elif option["type"] == INTEGER:
            given[option["name"]] = option.get("min_value", 1)
        elif option["type"] == BOOLEAN:
            given[option["name"]] = False
    return given


def overlap(status: int, code: int) -> Reply:
    """A refusal that repeats what was sent, as Discord's do."""
    wrong = {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": f"{MARK} … is too long"}]}
    body = {"message": f"Invalid Form Body: {MARK}", "code": code, "errors": {"data": {MARK[0]: wrong}}}
    return Reply(status, body, {"Via": "1.1 google"})


def offered(body: Any) -> bool:
    """Tell whether an answer is a list of choices."""
    return bool(body["type"] == 8)


async def answered(server: DiscordServer, token: str) -> None:
    """Wait until something was sent with an interaction's token, whatever became of it."""

    def found() -> bool:
        paths = [request.path for request in server.requests] + [fired.path for fired in server.trouble.fired]
        return any(token in path for path in paths)

    await server.wait_for(found)


async def evening(server: DiscordServer, actions: list[str]) -> None:
    """Type into everything, sent as commands, as forms, from the menus of messages and into lists of choices, with and
    without a story, accepted and refused."""
    begun = await ADA.submit(
        server, "ink:snew", title=f"The {MARK}", premise=MARK, writers=["anyone"], ai=["on"], licence=["own"]
    )
    await answered(server, begun)
    await server.wait_for(lambda: server.threads)
    thread = next(iter(server.threads))
    for names, options in leaves(server.commands["global"]):
        if any(option.get("required") and option["type"] not in (STRING, INTEGER, BOOLEAN) for option in options):
            continue
        if " ".join(names) not in LEAVE_OUT:
            token = await ADA.slash(server, *names, channel_id=thread, **filled(names, options))
            await answered(server, token)
        for option in options:
            if option.get("autocomplete"):
                typed = {option["name"]: f"The {MARK}"}
                await answered(server, await ADA.begin_to_type(server, *names, channel_id=thread, **typed))
    for command in server.commands["global"]:
        if command["type"] == 3:
            await answered(server, await ADA.menu(server, command["name"], f"{MARK} ___ in a message"))
    for action in actions:
        token = await ADA.submit(server, f"ink:{action}:1:0:0", thread, **dict.fromkeys(BOXES, f"{MARK} ___ in a form"))
        await answered(server, token)


async def test_no_word_of_people_and_no_token_is_logged_at_any_level(
    tiny_causal: Path, tiny_masked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)  # so that it is set back
    async with running_discord() as server:
        await online.sync(
            Settings(discord_token=TOKEN, discord_api_base=server.api_base, data=tmp_path), None, Terminal()
        )
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked) | {"LOG_LEVEL": "DEBUG"}
        actions = [route.action for route in all_routes()]
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies or program.process.returncode is not None)
            await evening(server, actions)
            server.trouble.add(Fault("POST", "/interactions/*/callback", overlap(400, 50035), times=3))
            server.trouble.add(Fault("POST", "/interactions/*/callback", overlap(400, 50035), where=offered, times=2))
            server.trouble.add(Fault("PATCH", "*/@original", overlap(400, 50035), times=3))
            server.trouble.add(Fault("POST", "/channels/*", overlap(403, 50013), times=3))
            await server.dispatch("MESSAGE_CREATE", {"content": MARK})
            await evening(server, actions[:3])
            await server.dispatch("MESSAGE_CREATE", MARK)
            await answered(server, await ADA.slash(server, "help"))
    assert "DEBUG" in program.text or "INFO" in program.text
    assert len(server.trouble.fired) >= 5
    for secret in (MARK, TOKEN, "interaction-5"):
        assert secret not in program.text, next(line for line in program.text.splitlines() if secret in line)
