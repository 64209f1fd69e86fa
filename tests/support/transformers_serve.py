"""`transformers serve` on loopback: a real server that speaks OpenAI's API, with a tiny model."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from transformers import AutoTokenizer
from transformers.cli.serve import Serve

from bot.inference.model_server import ModelServer
from tests.support.model_server import QUICK
from tests.support.models import tiny_llama
from tests.support.patience import until_answered

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
"""A chat in which what was said simply stands there."""


def chatty_llama(folder: Path) -> Path:
    """Make a tiny Llama that answers chats, too, and return its folder."""
    tiny_llama(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


@asynccontextmanager
async def transformers_serve(folder: Path) -> AsyncIterator[ModelServer]:
    """Serve the model of a folder at a free port, in a thread of this process."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    serve = await asyncio.to_thread(
        Serve, force_model=str(folder), device="cpu", host="127.0.0.1", port=port, non_blocking=True
    )
    try:
        await until_answered(lambda: _healthy(f"http://127.0.0.1:{port}/health"))
        yield ModelServer(base=f"http://127.0.0.1:{port}/v1", model=str(folder), waits=QUICK)
    finally:
        await asyncio.to_thread(serve.kill_server)


async def _healthy(url: str) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
