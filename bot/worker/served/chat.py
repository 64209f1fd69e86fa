"""Continuing a text with a model that only answers: what it is told, and what of its answer goes on with the text.

An answer may repeat the text, announce itself, or talk about the text. The first is cut off it, the second too; of the
third nothing is left.
"""

from __future__ import annotations

import re
from typing import TypedDict

from bot.rules.text.words import has_han

LEAST_REPEATED = 12
"""Characters of a text's end that an answer must begin with to be taken for a repetition and not for chance."""
REPEATED = 160
"""Characters at the end of a text that an answer is compared with."""
SURE = 40
"""Characters at the end of a text that stand in an answer by no chance, wherever."""
_SYSTEM = (
    "You continue texts. Reply with what comes next in the text and with nothing else: no greeting, no title, no "
    "comment, no list, no quotation marks around it. Never repeat what is there already. Keep its language, its person "
    "and tense, its form and its tone. Where it breaks off in the middle of a sentence, go on in the middle of it."
)
"""The system message for a text that has no Chinese at its end."""
_SYSTEM_HAN = (
    "你的任务是续写文本。只写出接下来的内容,不写其他任何东西:不要问候、标题、评论、列表,也不要在外面加引号。"
    "不要重复已有的文字。保持原文的语言、人称、时态、形式和语气。如果句子没有写完,就从中断的地方接着写。"
)
"""The same in Chinese, for a text that has."""
_ASK = "Go on with this text from exactly where it ends:\n\n"
"""What stands before the text in the user's message."""
_ASK_HAN = "请从下面这段文字结束的地方接着写:\n\n"
"""The same in Chinese."""
_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)\s*", re.DOTALL | re.IGNORECASE)
"""Reasoning in `<think>` tags at the start of an answer, up to its end where the tag stays open."""
_ANNOUNCED = re.compile(
    r"""\A\s*(?:
        (?:sure|certainly|of\ course|absolutely|okay|ok)\b[!,.]*\s+
            (?:here|i['’]ll|i\ will|i\ can|let\ me)\b[^\n]{0,120}?(?:: | [.!…]?[ \t]*(?=\n))
        | here(?:['’]s|\ is|\ are)\b[^\n:]{0,80}?\b(?:continu\w+|story|text|passage|version|part|paragraphs?)\b
            [^\n:]{0,40}:
        | (?:the\ )?continuation[ \t]*:
        | (?:好的|当然|以下|下面|续写)[^\n:：]{0,40}[:：]
    )[ \t]*\n*""",
    re.IGNORECASE | re.VERBOSE,
)
"""An announcement at the start of an answer ("Sure, here is the continuation:")."""
_ABOUT = re.compile(
    r"""\A\s*(?:
        i'?m\ (?:sorry|unable|not\ able)\b
        | i\ (?:can(?:no|')t|am\ (?:sorry|unable))\b[^\n]{0,60}\b(?:continu|assist|help|writ)
        | as\ an?\ (?:ai|language\ model)\b
        | (?:this|the)\ (?:text|story|passage|excerpt)\ (?:is|was|describes|seems|appears)\b
        | it\ (?:seems|looks|appears)\ (?:like|that|as\ if)\ (?:you|the\ text|your)\b | please\ (?:provide|share|give)\b
        | (?:抱歉|对不起|很遗憾|作为(?:一个)?(?:AI|人工智能|语言模型)|这(?:段|篇)(?:文字|文本|故事))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""How an answer begins that refuses, or talks about the text instead of going on with it."""
_FENCE = re.compile(r"\A\s*```\w*\n")
"""The opening line of a code block at the start of an answer."""
_SPEAKERLESS = re.compile(r"[\w“‘\"'(]")
"""A first character that takes a space before it: of a word, a quotation or a bracket."""


class Message(TypedDict):
    """One message of a chat."""

    role: str
    content: str


def messages_of(text: str) -> list[Message]:
    """Return the messages that ask for what comes behind `text`."""
    han = has_han(text[-200:])
    return [
        Message(role="system", content=_SYSTEM_HAN if han else _SYSTEM),
        Message(role="user", content=(_ASK_HAN if han else _ASK) + text),
    ]


def prompt_text(messages: list[Message]) -> str:
    """Return messages as one text, for the receipt's hash."""
    return "\n".join(f"{message['role']}: {message['content']}" for message in messages)


def onward(answer: str, text: str, *, finished: bool) -> str:
    """Return what of an answer goes on behind `text`, with the space that joins it; empty where nothing does. Of an
    answer that is not finished nothing is returned until it is known what it begins with."""
    if _opens_thoughts(answer, finished=finished):
        return ""
    answer = _FENCE.sub("", _THOUGHTS.sub("", answer, count=1), count=1)
    answer = _ANNOUNCED.sub("", answer, count=1) if not _ANNOUNCED.match(text) else answer
    if _ABOUT.match(answer) and not _ABOUT.match(text):
        return ""
    cut = _behind_repetition(answer, text)
    if not finished and len(answer) < REPEATED + LEAST_REPEATED and cut == 0 and _may_repeat(answer, text):
        return ""
    return _joined(text, answer[cut:] if cut else answer.lstrip())


def _opens_thoughts(answer: str, *, finished: bool) -> bool:
    """Tell whether an answer is still about to say whether it begins with thoughts."""
    begun = answer.lstrip()[:7].lower()
    return not finished and len(begun) < 7 and "<think>".startswith(begun)


def _behind_repetition(answer: str, text: str) -> int:
    """Return where an answer goes on behind what it repeats of the text's end; 0 where it repeats none. Either it
    begins with that end, or holds a good piece of it, behind whatever it repeats before."""
    text = text.rstrip()
    for size in (REPEATED, SURE):
        if len(text) >= size and (at := answer.find(text[-size:])) >= 0:
            return at + size
    lead = len(answer) - len(answer.lstrip())
    for size in range(min(len(answer) - lead, len(text), REPEATED), LEAST_REPEATED - 1, -1):
        if text.endswith(answer[lead : lead + size]):
            return lead + size
    return 0


def _may_repeat(answer: str, text: str) -> bool:
    """Tell whether an answer so far is a piece of the text, and so may yet turn out to repeat it."""
    begun = answer.strip()
    return len(begun) < LEAST_REPEATED or begun in text


def _joined(text: str, answer: str) -> str:
    """Return an answer with a space before it where a word or a sentence follows on one."""
    if not answer or not text or text[-1].isspace() or answer[0].isspace() or has_han(text[-1] + answer[0]):
        return answer
    return f" {answer}" if _SPEAKERLESS.match(answer[0]) else answer
