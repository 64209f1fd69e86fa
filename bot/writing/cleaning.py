"""Tidy what models write."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from itertools import pairwise

from bot.rules.text.characters import normalise
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import stands_alone, token_spans
from bot.writing.asterisks import close_asterisks, restore_asterisks
from bot.writing.text_form import PROSE, TextForm, text_form_of

_SPECIAL = re.compile(r"<\|[^|>\n]{1,40}\|>|</?s>|\[/?INST\]|<(?:unk|pad|eos|bos)>")
"""A special token of a language model, written out (`<|im_end|>`, `</s>`, `[INST]`)."""
# Lines that are not prose: headings, lists, tables, code, rules, labels of a chat or an exam, links.
_NOT_PROSE = re.compile(
    r"""^[ \t]*(?:
        \#{1,6}(?:\s|$) | [-*+•▪●]\s | \d{1,3}[.)]\s | \(?[a-dA-D][.)]\s | [>|~] | `{3}
        | (?:[-*_=~\#][^\S\n]*){3,}$
        | (?:chapter|part|section|act|scene|title|author|notes?|question|answer|summary|moral|q|a|user
            |assistant|system|exercise|step|task|prompt|story|theme|source|references?|keywords?|tags?)\b(?:\s+\w+)?\s*:
        | (?:chapter|part|section|exercise|lesson|step)\s+(?:\d+|[ivxlc]+)\b
        | \*{2}[^*\n]{1,80}\*{2}:?\s*$ | the\ end[.!]?\s*$ | \[?illustration
        | (?-i:[A-Z][A-Z\d.,'’ -]{11,})$ | import\s\w | def\s\w+\( | \\(?:begin|section|item)
    )""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_LINK = re.compile(r"(?:https?://|www\.)\S|\S@\w+\.\w{2,}")
"""The beginning of a web address, or an e-mail address."""
# Answers of a chat, tasks of an exam, and talk about the text instead of the text, where a line begins with it.
_CHAT = re.compile(
    r"""^[ \t]*(?:
        (?:sure|certainly|of\ course|absolutely|okay|ok)[,!.]*\s+
            (?:here(?:\s+is|'s|’s|\s+are)|i(?:\s+can|'ll|’ll))
        | here(?:\s+is|'s|’s|\s+are)\s+(?:a|an|the|my|your|some|one|another)\s+(?:\w+\s+){0,2}
            (?:continuation|story|example|rewrite|version|list|summary|paragraph|text|response|passage)\b
        | as\ an\ ai\b | i'?m\ sorry,?\ but\ i\ can
        | (?-i:The|This|In\ this|To\ this)\ (?:answer|article|example|excerpt|exercise|narrative|output|paragraph
            |passage|phrase|poem|problem|question|quote|scenario|sentence|solution|story|term|text|word)\W+
            (?:appears?|can|continues|depicts|describes|explores|follows|highlights|illustrates|is\ (?:a|about|an)
            |is\ formed|is\ used|means|refers|shows|tells|the\ author|the\ narrator|to\ this)\b
        | (?-i:The|This)\ (?:word|phrase|term)\ ["“'‘]
        | (?-i:The)\ (?:author|narrator|answer|correct\ answer)\b
        | (?-i:Write|Rewrite|Summari[sz]e|Describe|Identify|Analy[sz]e|Explain|Provide|Choose)\s+
            (?:a|an|the|this|how|information)\b
        | (?-i:What|How|Which)\ (?:is|are|does|do|can)\ (?:the|you|some)\ (?:theme|main|tone|mood|setting|author
            |narrator|purpose|meaning|best|difference|most|correct|ways)\b
    )""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
# Signs and words that a story seldom has, and a text about stories, a page of code or a quiz has often.
_STRAY = re.compile(
    r"""[{}\[\]|\\=<>^~\#@] | \){3,} | \b(?:protagonist|narrator|narrative|storytelling|plotline|this\ story
        |the\ author|the\ reader|readers|grammatical(?:ly)?|adverb\w*|preposition\w*|pronouns?|word\ choice
        |sentence\ (?:construction|structure)|(?:this|the)\ (?:excerpt|passage\ (?:is|describes)|following\ \w+)
        |in\ conclusion|furthermore|additionally|google|website|webpage|click|e-?mail|username|copyright)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,80}>|<!--.*?(?:-->|$)", re.DOTALL)
"""An HTML tag, or an HTML comment, which may be open at its end."""
_MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w+:)\d+>|@(?:everyone|here)\b")
"""A mention of a person, role, channel or everyone, or an emoji of a server, as Discord writes them."""
_EMPHASIS = re.compile(r"(?<![\w*_])(\*{1,3}|_{1,3})(?=[^\s*_])([^*_\n]+?)(?<=[^\s*_])\1(?![\w*_])")
"""Markdown's emphasis; group 2 is the text within."""
_FOOTNOTE = re.compile(r"(?<![ \t])[ \t]*+\[(?:\d{1,3}|\*|citation needed|sic|note \d+)\]", re.IGNORECASE)
"""The mark of a footnote or of an editor in brackets, with the space before it."""


def whole_words(text: str) -> str:
    """Return `text` without its last, perhaps unfinished, word; Han characters and kana are words each."""
    tied = text.rstrip("'’-")
    spans = token_spans(tied)
    if not spans or spans[-1][1] < len(tied) or stands_alone(tied[spans[-1][0]]) or not tied[spans[-1][0]].isalnum():
        return text
    return text[: spans[-1][0]]


def turned_at(text: str, form: TextForm = PROSE) -> int:
    """Return where `text` turns from what `form` has into something else, which is not shown; else its length."""
    end = len(text)
    for stop in (_SPECIAL, _NOT_PROSE, _CHAT, _LINK):
        for match in stop.finditer(text, 0, end):
            if stop is not _NOT_PROSE or not _belongs(match[0], form):
                end = match.start()
                break
    return end


def _belongs(line: str, form: TextForm) -> bool:
    """Tell whether the beginning of a line, which is none of prose, is one of `form`."""
    said = line.strip()
    if form.cues and said.isupper() and said[0].isalpha():
        return True
    return said.endswith(":") and said[:-1].strip().casefold() in form.speakers


def plain(text: str, form: TextForm = PROSE) -> str:
    """Return the prose of a model's `text`, without markup, up to where it turns into a list, a heading, code,
    a link, a chat-like answer or talk about the text. What belongs to `form` stays: asterisks, labels and lines in
    capitals. The white space at its start stays: it says how the text joins what stands before."""
    text = normalise(html.unescape(text))
    text = text[: turned_at(text, form)]
    text = _HTML_TAG.sub("", text)
    text = _MENTION.sub("", text)
    if not form.starred:
        text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    text = _FOOTNOTE.sub("", text).replace("`", "").replace("**", "").replace("\t", " ")
    text = text[: turned_at(text, form)]  # once more: it may have stood behind a mark
    first, *others = text.split("\n")
    text = "\n".join([first.rstrip(" "), *(line.strip(" ") for line in others)])
    text = re.sub(r"\n{2,}", "\n\n", text)
    return re.sub(r" {2,}", " ", text).rstrip()


def sentences(text: str, form: TextForm) -> list[tuple[int, int]]:
    """Return where each sentence of `text` begins and ends, in a lined form each line as well; the rest behind the last
    end is one."""
    ends = set(sentence_ends(text)) | {len(text)}
    if form.lined:
        ends |= {match.start() for match in re.finditer(r"\n", text)}
    return [(start, end) for start, end in pairwise([0, *sorted(ends)]) if text[start:end].strip()]


def whole_sentences(text: str, form: TextForm = PROSE) -> str:
    """Return `text` up to its last sentence end, or, where no sentence ends, its whole words. Where a form has lines,
    the end of one serves as well."""
    ends = sentence_ends(text)
    if form.lined and (line := len(text[: text.rfind("\n") + 1].rstrip())):
        ends = sorted([*ends, line])
    if ends:
        return text[: ends[-1]]
    return re.sub(r"[\s,;:—–\-(\[\"“‘「『（，；：、]+$", "", whole_words(text))


_PAIRS = {"“": "”", "「": "」", "『": "』", "«": "»", "（": "）", "(": ")", "《": "》"}
"""The closing sign of each opening quotation mark and bracket."""


def close_quotes(text: str, before: str = "") -> str:
    """Return `text` with the quotes and brackets closed that are still open in its last paragraph. `before`
    is what stands in front of it: a quote may have been opened there."""
    whole = before + text
    paragraph = whole[whole.rfind("\n") + 1 :]
    stack: list[str] = []
    places: defaultdict[str, list[int]] = defaultdict(list)  # of each sign in the stack
    for char in paragraph:
        opened = _PAIRS.get(char, '"' if char == '"' and not places[char] else "")
        if opened:
            places[opened].append(len(stack))
            stack.append(opened)
        elif places.get(char):
            for _ in range(len(stack) - places[char][-1]):
                places[stack.pop()].pop()
    if stack == ['"'] and text.endswith('"'):
        return text[:-1]  # it closes nothing
    return text + "".join(reversed(stack))


_SINGLE = re.compile(r"(?:^|[,:.!?…—-])[ \t]*(?:(')|‘)(?=\w)", re.M)
"""A single quotation mark that opens speech; group 1 is a straight one."""
_SINGLE_END = re.compile(r"(?<=[\w.,!?…—-])['’](?!\w)")
"""A single quotation mark that closes speech, or an apostrophe at the end of a word."""
_ELIDED = re.compile(r"(?:t(?:is|was|il)|em|cause|bout|round|n|\d\ds?)\b", re.IGNORECASE)
"""A word that is written with an apostrophe before it ('tis, 'em, '90s), which opens no speech."""


def _closed_single(text: str) -> str:
    """Return `text` with a single quote closed that was opened in its last paragraph, where speech begins."""
    start = text.rfind("\n") + 1
    opened = [match for match in _SINGLE.finditer(text, start) if not _ELIDED.match(text, match.end())]
    if not opened or _SINGLE_END.search(text, opened[-1].end()):
        return text
    return text + ("'" if opened[-1][1] else "’")


_WRAP = re.compile(r"(?<=\S)\n(?=[a-z])")
"""A line break within a sentence: the next line begins in lower case."""


def _unwrapped(text: str, before: str, form: TextForm) -> str:
    """Return `text` with lines joined that break within a sentence, unless `before` (verse, say) has such too."""
    return text if form.lined or _WRAP.search(before) else _WRAP.sub(" ", text)


def _without_strays(text: str, before: str) -> str:
    """Return `text` up to the sentence that strays from storytelling, by signs and words that `before` lacks."""
    known = before.casefold()
    seen: set[str] = set()
    for stray in _STRAY.finditer(text):
        said = stray[0].casefold()
        if said in seen:
            continue
        seen.add(said)
        if said not in known:
            starts = [end for end in sentence_ends(text) if end <= stray.start()]
            return text[: max(0, text.rfind("\n", 0, stray.start()), *starts)]
    return text


def finished(text: str, *, before: str) -> str:
    """Return a model's `text`, which goes on from `before`, ready to be shown: plain prose, whole sentences
    where there is one, quotes closed. Empty where nothing is left that could be shown."""
    form = text_form_of(before)
    text = whole_sentences(_without_strays(_unwrapped(plain(text, form), before, form), before), form)
    return closed(text, before, form) if any(char.isalnum() for char in text) else ""


def closed(text: str, before: str, form: TextForm = PROSE) -> str:
    """Return `text`, which goes on from `before` and was cut behind a sentence or a line, with what is open at its end
    closed: quotes, brackets, asterisks, the latter around what is done alone. A last line that only names who speaks
    next is left out."""
    text = _without_bare_label(text, form)
    if form.starred:
        text = restore_asterisks(close_asterisks(text, before), before)
    return close_quotes(_closed_single(text), before)


def _without_bare_label(text: str, form: TextForm) -> str:
    """Return `text` without a last line that only names who speaks next."""
    start = text.rfind("\n") + 1
    return text[:start].rstrip() if text[start:].strip(" \t:").casefold() in form.speakers else text
