"""The judge itself: it must accept what discord.py rightly sends and name what is wrong."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import ui

from tests.support.openapi import OpenAPI, openapi_or_skip

CALLBACK = "/interactions/1/token/callback"


@pytest.fixture(scope="module")
def judge() -> OpenAPI:
    return openapi_or_skip()


def card(text: str = "Once upon a time") -> list[dict[str, Any]]:
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow(ui.Button(label="Go on", custom_id="go:1"))
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(text), row)
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    components: list[dict[str, Any]] = view.to_components()  # type: ignore[no-untyped-call]  # so in discord.py
    return components


async def test_card_is_accepted_at_every_door(judge: OpenAPI) -> None:
    message = {"components": card(), "flags": 1 << 15, "allowed_mentions": {"parse": []}}
    judge.check("POST", CALLBACK, {"type": 4, "data": message})
    judge.check("POST", "/channels/12/messages", {**message, "nonce": 17, "enforce_nonce": True})
    judge.check("PATCH", "/api/v10/webhooks/1/token/messages/@original?thread_id=3", message)
    judge.check("DELETE", "/webhooks/1/token/messages/5", None)


async def test_openapi_takes_an_integer_for_a_snowflake(judge: OpenAPI) -> None:
    reply = {"content": "hello", "message_reference": {"message_id": 12, "channel_id": 13}}
    judge.check("POST", "/channels/12/messages", reply)
    with pytest.raises(AssertionError, match=r"\$\.message_reference\.message_id"):
        judge.check("POST", "/channels/12/messages", {"message_reference": {"message_id": -12}})


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"type": 4, "data": {"components": "long"}}, r"\$\.data\.components: 'long' is not of type 'array'"),
        ({"type": 9, "data": {"custom_id": "m", "components": []}}, r"'title' is a required property"),
        ({"type": 99}, r"\$: \{'type': 99\} is not valid under any"),
    ],
)
async def test_openapi_names_a_fault_with_its_place(judge: OpenAPI, broken: Any, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        judge.check("POST", CALLBACK, broken)


async def test_fault_deep_in_a_card_is_named_with_its_place(judge: OpenAPI) -> None:
    components = card()
    components[0]["components"][1]["components"][0]["custom_id"] = "x" * 101
    with pytest.raises(AssertionError, match=r"\$\.data\.components\[0\]\.components\[1\]\.components\[0\]\.custom_id"):
        judge.check("POST", CALLBACK, {"type": 4, "data": {"components": components, "flags": 1 << 15}})


async def test_command_tree_is_accepted_and_a_bad_name_is_not(judge: OpenAPI) -> None:
    @discord.app_commands.command(name="continue", description="Go on")
    @discord.app_commands.allowed_installs(guilds=True, users=True)
    async def command(
        interaction: discord.Interaction, text: str, count: discord.app_commands.Range[int, 1, 5] = 3
    ) -> None: ...

    tree = discord.app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    body = [command.to_dict(tree)]
    judge.check("PUT", "/applications/7/commands", body)
    judge.check("PUT", "/applications/7/guilds/8/commands", body)
    body[0]["options"][1]["name"] = "n" * 33
    with pytest.raises(AssertionError, match=r"\$\[0\]\.options\[1\]\.name"):
        judge.check("PUT", "/applications/7/commands", body)


def test_openapi_refuses_what_discord_does_not_describe(judge: OpenAPI) -> None:
    with pytest.raises(AssertionError, match="describes no POST"):
        judge.check("POST", "/channels/1/no-such-thing", {})
    with pytest.raises(AssertionError, match="needs a body"):
        judge.check("POST", CALLBACK, None)
    with pytest.raises(AssertionError, match="takes no body"):
        judge.check("DELETE", "/channels/1/messages/2", {"a": 1})
