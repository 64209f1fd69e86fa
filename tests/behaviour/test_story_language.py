"""Exports say in which language a story is written: its text tells it, or its host."""

from __future__ import annotations

import io
import re
import zipfile

import simcord

from tests.behaviour.discord_world import DiscordWorld, en, private
from tests.behaviour.storytelling import begin, story_of, write

THAI = "คนเฝ้าประภาคารไม่ได้พูดมาหนึ่งปีแล้ว เขาเขียนสิ่งที่ต้องการลงบนกระดานชนวน"


async def exported(world: DiscordWorld, thread: simcord.ChannelHandle, kind: str) -> tuple[str, bytes]:
    """What the bot says to an export, and the file."""
    result = await world.chen.slash(thread, "story export", format=kind)
    (file,) = [each for answer in [result.response, *result.followups] if answer for each in answer.attachments]
    return private(result), await file.read()


async def test_the_text_tells_the_language_and_the_host_decides(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, THAI)
    said, book = await exported(world, thread, "epub")
    assert en("story.exported_language", language="ไทย") in said
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        package = archive.read("EPUB/package.opf").decode()
        part = archive.read("EPUB/part-1.xhtml").decode()
    assert "<dc:language>th</dc:language>" in package
    assert re.search(r'<section [^>]*lang="th" xml:lang="th" dir="ltr"', part)

    assert private(await world.chen.slash(thread, "story rules", language="de")) == en("error.story_hosts_only")
    refused = await world.ben.slash(thread, "story rules", language="Klingonish")
    assert private(refused) == en("error.story_language")
    offered = await world.ben.autocomplete(thread, "story rules", "language", "he")
    assert [choice["value"] for choice in offered] == ["he"]
    changed = await world.ben.slash(thread, "story rules", language="Hebrew")
    assert en("story.rule_language", language="עברית") in private(changed).translate({0x2068: None, 0x2069: None})
    assert (await story_of(world, thread)).rules.language == "he"
    _, page = await exported(world, thread, "html")
    assert '<html lang="he" dir="ltr">' in page.decode(), "lines run as the letters do"

    changed = await world.ben.slash(thread, "story rules", language="auto")
    assert en("story.rule_language_found") in private(changed)
    _, text = await exported(world, thread, "md")
    assert 'lang: "th"' in text.decode()


async def test_a_language_that_nobody_can_tell_is_said_to_be_unknown(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.chen, thread, "🦊 … ok ?!")
    said, text = await exported(world, thread, "md")
    assert en("story.exported_unknown") in said
    assert 'lang: "und"' in text.decode()
