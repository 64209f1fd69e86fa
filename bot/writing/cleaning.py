"""Tidy what people paste and what models write."""

from __future__ import annotations

import html
import re
import unicodedata

# Invisible characters that no script needs: soft hyphen, zero-width space, word joiner, invisible operators,
# deprecated format characters, byte-order mark, annotation anchors, musical format characters, noncharacters.
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e001f]"
)
# Embeddings, overrides and isolates: they can turn the text around them, on a card too.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI_MARKS = re.compile("[\u061c\u200e\u200f]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Tag characters are good only in the flags of England, Scotland and Wales.
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0020-\U000e007f]")
_JOINERS = re.compile("[\u200c\u200d]+")
_BLANK_LOOKING = frozenset("\u115f\u1160\u2800\ufe0e\ufe0f\u200c\u200d")


def normalise(text: str) -> str:
    """Return `text` in NFC, with plain line ends and without control and invisible characters.

    Joiners stay where scripts and emoji need them; bidirectional overrides go, the harmless marks stay in a
    text that has right-to-left letters; a lone surrogate becomes U+FFFD. Idempotent.
    """
    text = _SURROGATE.sub("\ufffd", text)
    text = _LINE_END.sub("\n", text)
    for unwanted in (_CONTROL, _INVISIBLE, _BIDI):
        text = unwanted.sub("", text)
    text = _TAGS.sub(lambda match: match[1] or "", text)
    if not any(char.isalpha() and unicodedata.bidirectional(char) in {"R", "AL"} for char in text):
        text = _BIDI_MARKS.sub("", text)
    text = _JOINERS.sub(lambda match: _joiner(text, match), text)
    return unicodedata.normalize("NFC", text)


def _joiner(text: str, match: re.Match[str]) -> str:
    """Return the joiner where it stands between letters of a script that joins, or between emoji."""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return match[0][0] if before and after and _joins(before) and _joins(after) else ""


def _joins(char: str) -> bool:
    if unicodedata.category(char) in {"So", "Sk", "Mn", "Mc"} or char in "\u2640\u2642":
        return True
    # Latin, Greek, Cyrillic and CJK letters never need a joiner; the scripts from Hebrew to Mongolian may.
    return "\u0590" <= char <= "\u18af" and char.isalpha()


def is_blank(text: str) -> bool:
    """Tell whether `text` has nothing to see."""
    unseen = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}
    return all(char in _BLANK_LOOKING or unicodedata.category(char) in unseen for char in text)


# ---- what models write

_SPECIAL = re.compile(r"<\|[^|>\n]{1,40}\|>|</?s>|\[/?INST\]|<(?:unk|pad|eos|bos)>")
# Lines that are not prose: headings, lists, tables, code, rules, labels of a chat or an exam, links.
_NOT_PROSE = re.compile(
    r"""^[ \t]*(?:
        \#{1,6}(?:\s|$) | [-*+•▪●]\s | \d{1,3}[.)]\s | \(?[a-dA-D][.)]\s | [>|~] | `{3}
        | (?:[-*_=~\#]\s*){3,}$
        | (?:chapter|part|section|act|scene|title|author|notes?|question|answer|summary|moral|q|a|user
            |assistant|system|exercise|step|task|prompt|story|theme|source|references?|keywords?|tags?)\b(?:\s+\w+)?\s*:
        | (?:chapter|part|section|exercise|lesson|step)\s+(?:\d+|[ivxlc]+)\b
        | \*{2}[^*\n]{1,80}\*{2}:?\s*$ | the\ end[.!]?\s*$ | \[?illustration
        | (?-i:[A-Z][A-Z\d.,'’ -]{11,})$ | import\s\w | def\s\w+\( | \\(?:begin|section|item)
    )""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_LINK = re.compile(r"(?:https?://|www\.)\S|\S@\w+\.\w{2,}")
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
_MENTION = re.compile(r"<(?:@[!&]?|#|a?:\w+:)\d+>|@(?:everyone|here)\b")
_EMPHASIS = re.compile(r"(?<![\w*_])(\*{1,3}|_{1,3})(?=[^\s*_])([^*_\n]+?)(?<=[^\s*_])\1(?![\w*_])")
_FOOTNOTE = re.compile(r"[ \t]*\[(?:\d{1,3}|\*|citation needed|sic|note \d+)\]", re.IGNORECASE)


def whole_words(text: str) -> str:
    """Return `text` without its last, perhaps unfinished, word; Han characters are words each."""
    match = re.search(r"[^\W\u3400-\u9fff_]+(?:['’\-][^\W_]*)*$", text)
    return text[: match.start()] if match else text


def plain(text: str) -> str:
    """Return the prose of a model's `text`, without markup, up to where it turns into a list, a heading, code,
    a link, a chat-like answer or talk about the text. The white space at its start stays: it says how the text
    joins what stands before."""
    text = normalise(html.unescape(text))
    if (special := _SPECIAL.search(text)) is not None:
        text = text[: special.start()]
    text = _HTML_TAG.sub("", text)
    text = _MENTION.sub("", text)
    text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    text = _FOOTNOTE.sub("", text).replace("`", "").replace("**", "").replace("\t", " ")
    for stop in (_NOT_PROSE, _CHAT, _LINK):
        if (match := stop.search(text)) is not None:
            text = text[: match.start()]
    text = re.sub(r"[ ]*\n[ ]*", "\n", text)
    text = re.sub(r"\n{2,}", "\n\n", text)
    return re.sub(r" {2,}", " ", text).rstrip()


_CLOSERS = "\"'”’»）)」』】〕》\\]"
_ENDS = re.compile(rf"(?:[.!?]+|…+|\.{{2,}})[{_CLOSERS}]*(?=\s|$)|[。！？…]+[{_CLOSERS}]*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|rev|hon|st|mt|capt|col|gen|lt|sgt|jr|sr|vs|etc|no|vol|fig|messrs|mme|mlle|e\.g|i\.e"
    r"|a\.m|p\.m)|\b[A-Za-z])\.$",
    re.IGNORECASE,
)


def sentence_ends(text: str) -> list[int]:
    """Return the offsets behind every sentence end of `text`, closing quotes included."""
    return [match.end() for match in _ENDS.finditer(text) if _really_ends(text, match)]


def _really_ends(text: str, match: re.Match[str]) -> bool:
    if match[0] == "." and _ABBREVIATION.search(text[max(0, match.start() - 8) : match.start() + 1]):
        # "I." ends a sentence far more often than it is an initial.
        return text[max(0, match.start() - 2) : match.start() + 1] in {" I.", "\nI."}
    following = text[match.end() :].lstrip()
    # `"Stop!" he said.` and `Well… perhaps.`: the sentence goes on in lower case.
    pauses = match[0][-1] in _CLOSERS or match[0][0] == "…" or match[0].startswith("..")
    return not (following[:1].islower() and pauses)


def whole_sentences(text: str) -> str:
    """Return `text` up to its last sentence end, or, where no sentence ends, its whole words."""
    ends = sentence_ends(text)
    if ends:
        return text[: ends[-1]]
    return re.sub(r"[\s,;:—–\-(\[\"“‘「『（，；：、]+$", "", whole_words(text))


_PAIRS = {"“": "”", "「": "」", "『": "』", "«": "»", "（": "）", "(": ")", "《": "》"}


def close_quotes(text: str, before: str = "") -> str:
    """Return `text` with the quotes and brackets closed that are still open in its last paragraph. `before`
    is what stands in front of it: a quote may have been opened there."""
    whole = before + text
    paragraph = whole[whole.rfind("\n") + 1 :]
    stack: list[str] = []
    for char in paragraph:
        if char == '"':
            if '"' in stack:
                del stack[stack.index('"') :]
            else:
                stack.append('"')
        elif char in _PAIRS:
            stack.append(_PAIRS[char])
        elif char in stack:
            del stack[stack.index(char) :]
    if stack == ['"'] and text.endswith('"'):
        return text[:-1]  # it closes nothing
    return text + "".join(reversed(stack))


_WRAP = re.compile(r"(?<=\S)\n(?=[a-z])")


def _unwrapped(text: str, before: str) -> str:
    """Return `text` with lines joined that break within a sentence, unless `before` (verse, say) has such too."""
    return text if _WRAP.search(before) else _WRAP.sub(" ", text)


def _without_strays(text: str, before: str) -> str:
    """Return `text` up to the sentence that strays from storytelling, by signs and words that `before` lacks."""
    known = before.casefold()
    for stray in _STRAY.finditer(text):
        if stray[0].casefold() not in known:
            starts = [end for end in sentence_ends(text) if end <= stray.start()]
            return text[: max(0, text.rfind("\n", 0, stray.start()), *starts)]
    return text


def finished(text: str, *, before: str) -> str:
    """Return a model's `text`, which goes on from `before`, ready to be shown: plain prose, whole sentences
    where there is one, quotes closed. Empty where nothing is left that could be shown."""
    text = whole_sentences(_without_strays(_unwrapped(plain(text), before), before))
    if not any(char.isalnum() for char in text):
        return ""
    return close_quotes(text, before)
