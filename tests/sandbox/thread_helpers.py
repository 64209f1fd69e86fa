"""A small bot for the ways of the page: it opens threads, and in them there is everything that can be pressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.sandbox.opening import _serving
from bot.sandbox.page import ExternalWait, LivePage
from bot.sandbox.simulation import Env
from bot.sandbox.world import World, build_world
from tests.support.patience import PATIENCE_S


class Form(ui.Modal, title="A line"):
    line: ui.TextInput[Any] = ui.TextInput(label="Your line")

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"{interaction.user.display_name} wrote: {self.line.value}")


class ThreadButtons(ui.View):
    @ui.button(label="Knock")
    async def knock(self, interaction: discord.Interaction[Any], _: ui.Button[Any]) -> None:
        await interaction.response.send_message(f"Knocked in {interaction.channel}")

    @ui.button(label="Write")
    async def write(self, interaction: discord.Interaction[Any], _: ui.Button[Any]) -> None:
        await interaction.response.send_modal(Form())

    @ui.button(label="Close the nook")
    async def close(self, interaction: discord.Interaction[Any], _: ui.Button[Any]) -> None:
        assert isinstance(interaction.channel, discord.Thread)
        await interaction.response.defer()
        await interaction.channel.delete()

    @ui.select(placeholder="A lamp", options=[discord.SelectOption(label="Oil"), discord.SelectOption(label="Gas")])
    async def lamp(self, interaction: discord.Interaction[Any], select: ui.Select[Any]) -> None:
        await interaction.response.send_message(f"Lit by {select.values[0]}")


@app_commands.command(name="nook", description="Open a nook")
async def open_thread(interaction: discord.Interaction[Any], name: str) -> None:
    assert isinstance(interaction.channel, discord.TextChannel)
    thread = await interaction.channel.create_thread(name=name, type=discord.ChannelType.public_thread)
    await thread.send("What will it be?", view=ThreadButtons())
    await interaction.response.send_message(f"Your nook is {thread.mention}")


@app_commands.command(description="Open a nook that nobody else sees")
async def hide(interaction: discord.Interaction[Any], name: str) -> None:
    assert isinstance(interaction.channel, discord.TextChannel)
    thread = await interaction.channel.create_thread(name=name, type=discord.ChannelType.private_thread)
    await thread.add_user(interaction.user)
    await interaction.response.send_message("Hidden.", ephemeral=True)


@app_commands.command(description="Say where this is")
async def where(interaction: discord.Interaction[Any], aside: str) -> None:
    await interaction.response.send_message(f"{aside}: {interaction.channel}")


COMMANDS: tuple[app_commands.Command[Any, ..., None], ...] = (open_thread, hide, where)


def thread_bot() -> commands.Bot:
    """Make the bot."""
    bot = commands.Bot("!", intents=discord.Intents.default())
    for command in COMMANDS:
        bot.tree.add_command(command)
    return bot


@asynccontextmanager
async def open_thread_page() -> AsyncIterator[tuple[LivePage, World]]:
    """Open the sandbox's page with this bot."""
    async with open_page(thread_bot()) as (page, world):
        yield page, world


@asynccontextmanager
async def open_page(bot: commands.Bot) -> AsyncIterator[tuple[LivePage, World]]:
    """Open the sandbox's page on the sandbox's server, with `bot` instead of Inkling."""
    external_wait = ExternalWait()
    env = external_wait.env = Env(bot, settle_timeout=PATIENCE_S)
    await env.start()
    try:
        with env.time_context():
            world = await build_world(env)
            await bot.tree.sync()
            async with _serving(external_wait, env, world, 0) as page:
                yield page, world
        assert env.errors == []
    finally:
        await env.shutdown()
