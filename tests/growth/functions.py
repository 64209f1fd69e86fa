"""Every pure function that takes a person's text, called as the bot calls it.

`CALLS` is the table that the growth test and `benchmarks/loop.py` run; `BOUNDED` says of each other function with a
text among its parameters why that text cannot be long. A function that stands in neither fails a test.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from bot.errors import InklingError
from bot.games import archiving
from bot.inference.jobs import Working
from bot.inference.protocol import Fill, Gap, Piece
from bot.publishing import book, cover, epub, html, language, markdown, naming
from bot.rules import gap_words, generations, lore, moods, provenance, servers, story_shares, twists, zones
from bot.rules import profiles as profile_rules
from bot.rules import stories as stories_rules
from bot.rules.ballots import Ballot
from bot.rules.games import alike, counterfeit_rounds, daily, doors_book, one_word_text, turn_texts
from bot.rules.generations import Generation, Place, Suggestion
from bot.rules.infill_style import InfillStyle
from bot.rules.lore import LoreEntry, Tally
from bot.rules.profiles import WriterProfile
from bot.rules.receipts import ContinueReceipt, InfillReceipt, OtherReceipt, TwistReceipt
from bot.rules.round_views import RoundView
from bot.rules.rounds import Candidate, NewCandidate, Round, RoundState
from bot.rules.servers import ServerSettings
from bot.rules.stories import Passage, Standing, Story, StoryRules
from bot.rules.text import alphabets, characters, content_words, matching, segments, sentences, truecasing, words
from bot.rules.twists import Expected, Other, Twist, TwistWords
from bot.stories import beginning, passages
from bot.stories.rounds import candidates, kinds, quoting
from bot.ui import (
    cards,
    cutting,
    escaping,
    fitting,
    infills,
    progress,
    prose,
    receipt_details,
    receipt_summary,
    story_starts,
)
from bot.ui.custom_ids import WHY
from bot.ui.locale import catalogue
from bot.writing import (
    asterisks,
    blanks,
    blocklist,
    cleaning,
    diversity,
    languages,
    overlap,
    request,
    server_words,
    text_form,
    text_windows,
    word_selection,
)
from bot.writing.blanks import Template
from bot.writing.bridge import job as bridging
from bot.writing.bridge.request import BridgeRequest
from bot.writing.continuation import faults, loops, misnaming, notes, quality
from bot.writing.continuation import job as continuing
from bot.writing.continuation.request import ContinueRequest, onward
from bot.writing.gaps import names, search
from bot.writing.infill import candidate_pool, pronouns, repeats, restyling
from bot.writing.infill.request import InfillRequest
from bot.writing.provenance import spans_behind, spans_filled, spans_of
from bot.writing.twist import alternatives
from bot.writing.twist.request import TwistRequest
from cogs.feature_cards import CARDS
from cogs.lore import cards as lore_cards
from cogs.profiles import cards as profile_cards
from cogs.rounds import cards as rounds
from cogs.rounds import private_cards, result_cards
from cogs.settings import cards as settings_card
from cogs.stories import cards as stories_cards
from cogs.stories import reading
from tests.support.stories import STORY

Call = Callable[[str], object]

PROSE = "The keeper had not spoken for a year. Then, one night, the lamp went out; “Who is there?” he asked. "
"""An ordinary text to put beside a nasty one."""
_SAY = catalogue("en")
_PLACE = Place(server_id=1, channel_id=2)
_WORDS = blocklist.Blocklist.load()
_LISTED = ("spider", "red herring", "*lamp*", "灯塔", "a" * 40)
_FILL = Fill(text="boat", score=0.0, masks=1, source="beam")


_GAP = gap_words.Gap(places=((0, 1),), word="lamps", shape="s")
"""A gap at the beginning of a text."""
_GAP_OF_THE_DAY = daily.GapOfTheDay(passage="Lamps.", gap=_GAP)
"""That as a puzzle."""
_SEAM_OF_THE_DAY = daily.SeamOfTheDay(sentences=("One.",) * 7, seam=3)
"""Another."""


def _prose(length: int) -> str:
    return (PROSE * (length // len(PROSE) + 1))[:length]


_LONG = _prose(4000)


def _story() -> Story:
    return dataclasses.replace(STORY, premise="A keeper is silent.", rules=StoryRules(max_words=800))


def _passage(text: str, number: int = 1) -> Passage:
    half = len(text) // 2
    parts: list[tuple[int, int, provenance.Origin]] = [(0, half, "gpt"), (half, len(text), "human")]
    return Passage(
        id=number,
        tree_id=1,
        parent_id=None,
        depth=number,
        text=text,
        author_id=4,
        pen_name=None,
        origin="edited",
        spans=tuple(provenance.Span(*part) for part in parts if part[0] < part[1]),
        round_id=None,
        receipt=None,
        created_ms=0,
    )


def _own(text: str, title: str = "") -> tuple[Story, Passage]:
    story = dataclasses.replace(_story(), title=title or "A title", premise=text)
    return story, _passage(text)


def _generation(kind: object, text: str, *suggestions: Suggestion) -> Generation:
    return Generation(
        id=1,
        kind=kind,  # type: ignore[arg-type]  # one of the four
        place=_PLACE,
        person_id=3,
        text=text,
        mood=None,
        count=3,
        length=48,
        suggestions=suggestions,
        created_ms=0,
        expires_ms=1,
    )


def _suggested(text: str, *fills: str) -> Suggestion:
    return Suggestion(text=text, fills=fills, confidence=0.5, receipt=InfillReceipt(seed=7, dropped=(text[:200],)))


def _continued(text: str) -> Generation:
    return _generation("continue", text, *(_suggested(text) for _ in range(3)))


def _gapped(text: str) -> tuple[Generation, tuple[str, ...]]:
    """An infill of a text with one blank in its middle, and what stands around it."""
    half = len(text) // 2
    literals = (text[:half], text[half:])
    filled = _suggested(f"{literals[0]}lamp{literals[1]}", "lamp")
    return _generation("infill", f"{literals[0]} ___ {literals[1]}", filled, filled), literals


def _twisted(text: str) -> Generation:
    places = range(len(text) // 10, len(text), max(1, len(text) // 8))
    found = tuple(
        Expected(start=at, end=at + 3, word=text[at : at + 3], others=(Other("lamp", 2.0),)) for at in places if at + 3
    )
    twist = Twist(passage=text, words=found[:8])
    return _generation("twist", text, twists.suggestion_of(twist, TwistReceipt()))


def _round(kind: object, text: str) -> Round:
    return Round(
        id=1,
        story_id=1,
        kind=kind,  # type: ignore[arg-type]  # one of the three
        state="open",
        opened_by=3,
        after_id=None,
        replaces_id=None,
        before_id=None,
        text=text,
        salt="00",
        opened_ms=0,
        deadline_ms=1,
    )


def _candidate(number: int, text: str) -> Candidate:
    return Candidate(
        id=number,
        round_id=1,
        place=number,
        text=text,
        author_id=None,
        pen_name=None,
        origin="gpt",
        spans=(),
        mood=None,
        receipt=ContinueReceipt(seed=7),
        none=False,
        hidden_by=None,
        passage_id=number,
        created_ms=0,
    )


def _view(text: str, *, kind: str = "continue", literals: Sequence[str] = (), state: RoundState = "open") -> RoundView:
    there = (_candidate(1, text), _candidate(2, f"{text[:-1]}b"))
    about = dataclasses.replace(_round(kind, text), state=state, winner_id=1)
    return RoundView(story=_story(), round=about, candidates=there, turnout=1, reports={1: 1}, literals=tuple(literals))


def _infilled_view(text: str) -> RoundView:
    half = len(text) // 2
    whole = f"{text[:half]}lamp{text[half:]}"
    return _view(whole, kind="infill", literals=(text[:half], text[half:]))


def _entry(text: str) -> LoreEntry:
    return LoreEntry(
        id=1,
        server_id=1,
        story_id=1,
        kind="lore",
        triggers=(text[:40].strip() or "lamp", "red herring"),
        text=text,
        state="proposed",
        proposed_by=3,
        created_ms=0,
    )


def _book(text: str) -> book.Book:
    story, passage = _own(text, text)
    return book.make_book(
        story,
        [passage, passage],
        {4: text},
        branches=[(text, [passage])],
        language="en",
        say=_SAY,
        now_ms=1_700_000_000_000,
    )


@functools.cache
def _made(text: str) -> book.Book:
    """The book of the last text: the formats are measured without the making of it."""
    return _book(text)


def _misquoted(text: str) -> object:
    """An infill whose last words stand nowhere: everything before them is looked at in vain."""
    part = text[: len(text) // 2]
    asked = f"{part[: len(part) // 2]} ___ {part[len(part) // 2 :]} ___ ___ zebra"
    return quoting.blanked(asked, [_passage(text)])


def _quoted(text: str) -> object:
    third = len(text) // 3
    return quoting.blanked(f"{text[third : 2 * third]} ___ the ___ a ___ {text[-5:]}", [_passage(text)])


def _short_quotes(text: str) -> object:
    unit = text[:6].strip() or "the"
    asked = " ___ ".join([unit] * 8) + " ___ zebra"
    return quoting.blanked(asked, [_passage(text)])


def _edited(old: str, new: str) -> object:
    return provenance.edited(old, provenance.of_model(old, "gpt"), new)


def _scattered(text: str) -> str:
    """The text with a word changed here and there."""
    parts = text.split(" ")
    return " ".join(part if number % 7 else f"x{number}" for number, part in enumerate(parts))


def _infilled(text: str) -> object:
    third = len(text) // 3
    literals = (text[:third], text[third : 2 * third] + "x", text[2 * third :])
    return provenance.of_infill(literals, ("lamp", "sea"), text, provenance.of_model(text, "gpt"))


def _many_spans(text: str) -> tuple[provenance.Span, ...]:
    return tuple(
        provenance.Span(at, at + 1, "gpt" if at % 4 else "bert") for at in range(0, len(text), 2) if text[at].strip()
    )


def _person(text: str) -> object:
    return candidates.of_person(text, _story(), author_id=3, pen_name=None, base=_passage(_prose(len(text))))


def _traits(text: str) -> dict[str, float]:
    return quality.traits(text, -1.0, PROSE, text_form.PROSE, overlap.Overlap(longest_run=1, shared=0.0))


CALLS: Mapping[str, Sequence[Call]] = {
    # ---- rules
    "bot.rules.text.characters.caseless": [characters.caseless],
    "bot.rules.text.characters.has_word": [characters.has_word],
    "bot.rules.text.characters.is_blank": [characters.is_blank],
    "bot.rules.text.characters.nfc": [characters.nfc],
    "bot.rules.text.characters.nfkc": [characters.nfkc],
    "bot.rules.text.characters.nfkd": [characters.nfkd],
    "bot.rules.profiles.change_profile": [
        lambda text: profile_rules.change_profile(WriterProfile(server_id=1, person_id=3), [text], pen_name=text),
        lambda text: profile_rules.change_profile(WriterProfile(server_id=1, person_id=3), [text], pen_name="Wren"),
    ],
    "bot.rules.lore.check_text": [lore.check_text],
    "bot.rules.lore.listed_triggers": [lambda text: lore.listed_triggers("lore", text)],
    "bot.rules.lore.triggered": [lambda text: lore.triggered([_entry(text)], text)],
    "bot.rules.text.matching.fold": [matching.fold],
    "bot.rules.text.matching.stands_in": [
        lambda text: matching.stands_in(text[:20] + "x", matching.fold(text)),
    ],
    "bot.rules.provenance.of_human": [provenance.of_human],
    "bot.rules.provenance.of_model": [lambda text: provenance.of_model(text, "gpt")],
    "bot.rules.provenance.of_infill": [_infilled],
    "bot.rules.provenance.edited": [
        lambda text: _edited(text, _scattered(text)),
        lambda text: _edited(text, text[::-1]),
        lambda text: _edited(_prose(len(text)), text),
    ],
    "bot.rules.provenance.normalised": [lambda text: provenance.normalised(text, _many_spans(text))],
    "bot.rules.provenance.pieces": [lambda text: provenance.pieces(text, _many_spans(text))],
    "bot.rules.provenance.word_origins": [lambda text: provenance.word_origins(text, _many_spans(text))],
    "bot.rules.text.segments.beginning": [lambda text: segments.beginning(text, len(text) // 2)],
    "bot.rules.text.segments.cluster_starts": [segments.cluster_starts],
    "bot.rules.text.segments.clusters": [segments.clusters],
    "bot.rules.text.segments.ending": [lambda text: segments.ending(text, len(text) // 2)],
    "bot.rules.text.segments.line_parts": [segments.line_parts],
    "bot.rules.text.segments.word_parts": [segments.word_parts],
    "bot.rules.text.segments.word_starts": [segments.word_starts],
    "bot.rules.zones.find_zone": [zones.find_zone],
    "bot.rules.zones.zones_like": [lambda text: zones.zones_like(text, 25)],
    "bot.rules.servers.listed_words": [lambda text: servers.listed_words(text.split(" "))],
    "bot.rules.story_shares.story_shares": [lambda text: story_shares.story_shares([_passage(text)])],
    "bot.rules.stories.check_title": [stories_rules.check_title],
    "bot.rules.stories.check_premise": [stories_rules.check_premise],
    "bot.rules.twists.around": [lambda text: twists.around(text, twists.twist_of(_twisted(text)).words)],
    "bot.rules.twists.suggestion_of": [_twisted],
    "bot.rules.text.words.word_spans": [words.word_spans],
    "bot.rules.text.words.split_words": [words.split_words],
    "bot.rules.text.words.token_spans": [words.token_spans],
    "bot.rules.text.words.has_han": [words.has_han],
    # ---- asking the models
    "bot.rules.text.alphabets.alphabets": [alphabets.alphabets],
    "bot.rules.text.alphabets.Alphabets.is_scrap": [lambda text: alphabets.Alphabets(text, text).is_scrap("lamp")],
    "bot.writing.request.checked_text": [request.checked_text],
    "bot.writing.continuation.request.ContinueRequest": [lambda text: ContinueRequest(text=text)],
    "bot.writing.infill.request.InfillRequest": [lambda text: InfillRequest(text=text)],
    "bot.writing.twist.request.TwistRequest": [lambda text: TwistRequest(text=text)],
    "bot.writing.bridge.request.BridgeRequest": [
        lambda text: BridgeRequest(left=text[: len(text) // 2], right=text[len(text) // 2 :])
    ],
    "bot.writing.provenance.spans_filled": [
        lambda text: spans_filled(_gapped(text)[1], _gapped(text)[0].suggestions[0], "bert")
    ],
    "bot.writing.provenance.spans_of": [lambda text: spans_of(_suggested(text), text)],
    "bot.writing.provenance.spans_behind": [
        lambda text: spans_behind(text, provenance.of_human(text), _suggested(text[:200]), text + text[:200])
    ],
    "bot.writing.languages.main_script": [languages.main_script],
    "bot.writing.languages.is_foreign": [languages.is_foreign],
    "bot.writing.languages.check_language": [lambda text: languages.check_language(text, languages.WRITING, ())],
    "bot.writing.continuation.request.onward": [lambda text: onward(_LONG, text), lambda text: onward(text, _LONG)],
    "bot.writing.blanks.unmarked": [blanks.unmarked],
    "bot.writing.blanks.has_blanks": [blanks.has_blanks],
    "bot.writing.blanks.parse": [blanks.parse],
    "bot.writing.blanks.literals_of": [lambda text: blanks.literals_of(_gapped(text)[0])],
    "bot.writing.bridge.job.is_balanced": [bridging.is_balanced],
    "bot.writing.bridge.job.joined_to": [lambda text: bridging.joined_to(text, text)],
    "bot.rules.text.characters.normalise": [characters.normalise],
    "bot.writing.cleaning.whole_words": [cleaning.whole_words],
    "bot.writing.cleaning.plain": [cleaning.plain],
    "bot.writing.cleaning.turned_at": [
        cleaning.turned_at,
        lambda text: cleaning.turned_at(text, text_form.TextForm(cues=True, speakers=frozenset({"sam"}))),
    ],
    "bot.rules.games.alike.alike": [alike.alike],
    "bot.rules.games.alike.surface": [alike.surface],
    "bot.rules.games.alike.nearest": [lambda text: alike.nearest([text], [text], 1)],
    "bot.rules.games.counterfeit_rounds.fits": [counterfeit_rounds.fits],
    "bot.rules.games.daily.tried": [
        lambda text: daily.tried(daily.Puzzle(day=date.min, gap=_GAP_OF_THE_DAY), daily.Played(), text),
        lambda text: daily.tried(daily.Puzzle(day=date.min, seam=_SEAM_OF_THE_DAY), daily.Played(), text),
    ],
    "bot.rules.games.doors_book.as_door": [doors_book.as_door],
    "bot.rules.games.doors_book.is_end": [doors_book.is_end],
    "bot.rules.games.one_word_text.as_words": [one_word_text.as_words],
    "bot.rules.games.one_word_text.joined": [lambda text: one_word_text.joined(text.split(" "))],
    "bot.rules.games.one_word_text.is_complete": [one_word_text.is_complete],
    "bot.rules.games.turn_texts.check_words": [
        lambda text: turn_texts.check_words(text, range(1, 10**6), 10**6),
    ],
    "bot.rules.games.turn_texts.tail_of": [
        lambda text: turn_texts.tail_of(text, "six"),
        lambda text: turn_texts.tail_of(text, "sentence"),
    ],
    "bot.rules.text.sentences.sentence_ends": [sentences.sentence_ends],
    "bot.writing.cleaning.sentences": [lambda text: cleaning.sentences(text, text_form.TextForm(lined=True))],
    "bot.writing.continuation.quality.different_share": [lambda text: quality.different_share(text.split())],
    "bot.writing.continuation.misnaming.misnames": [lambda text: misnaming.misnames(text, frozenset({"dragons"}))],
    "bot.writing.continuation.misnaming.wrong_plurals": [
        lambda text: misnaming.wrong_plurals(["Ember is a dragon."], text),
        lambda text: misnaming.wrong_plurals([text, "Ember is a dragon."], text),
    ],
    "bot.writing.continuation.loops.loop_at": [
        lambda text: loops.loop_at(text, PROSE, text_form.text_form_of(PROSE)),
        lambda text: loops.loop_at("Then it rained. He said no more to her.", text, text_form.PROSE),
    ],
    "bot.writing.asterisks.close_asterisks": [lambda text: asterisks.close_asterisks(text, text)],
    "bot.writing.asterisks.restore_asterisks": [
        lambda text: asterisks.restore_asterisks(text, text),
        lambda text: asterisks.restore_asterisks(text, ""),
    ],
    "bot.writing.asterisks.odd_line_at": [lambda text: asterisks.odd_line_at(text, text)],
    "bot.writing.cleaning.whole_sentences": [cleaning.whole_sentences],
    "bot.writing.cleaning.close_quotes": [
        cleaning.close_quotes,
        lambda text: cleaning.close_quotes("a", text),
    ],
    "bot.writing.cleaning.closed": [lambda text: cleaning.closed(text, text, text_form.TextForm(starred=True))],
    "bot.writing.cleaning.finished": [
        lambda text: cleaning.finished(text, before=PROSE),
        lambda text: cleaning.finished("Then it rained. [a] He said #", before=text),
    ],
    "bot.writing.continuation.job.prompt_of": [continuing.prompt_of],
    "bot.rules.generations.check_note": [generations.check_note],
    "bot.rules.moods.check_mood": [moods.check_mood],
    "bot.writing.continuation.notes.parted": [lambda text: notes.parted(text, 1), lambda text: notes.parted(text, 4)],
    "bot.writing.continuation.notes.stops_of": [notes.stops_of],
    "bot.writing.continuation.job.pieces_of": [
        continuing.pieces_of,
        lambda text: continuing.pieces_of(text, (), (Piece(text="Bells ring.", label="lore 1"),), "make it funny"),
    ],
    "bot.writing.continuation.job.heading_of": [continuing.heading_of],
    "bot.writing.continuation.job.joined": [
        lambda text: continuing.joined(text, " Then it rained."),
        lambda text: continuing.joined(PROSE, text),
    ],
    "bot.writing.blocklist.without_leet": [blocklist.without_leet],
    "bot.writing.blocklist.Blocklist.allows": [_WORDS.allows],
    "bot.writing.overlap.compared_words": [overlap.compared_words],
    "bot.writing.overlap.overlap": [
        lambda text: overlap.overlap(text, [overlap.TextSource(text)]),
        lambda text: overlap.overlap(_prose(len(text)), [overlap.TextSource(text)]),
    ],
    "bot.writing.overlap.said": [overlap.said],
    "bot.writing.continuation.faults.faults": [
        lambda text: faults.faults(text, PROSE, text_form.text_form_of(PROSE)),
        lambda text: faults.faults("Then it rained. He said no more to her.", text, text_form.PROSE),
    ],
    "bot.writing.text_form.text_form_of": [text_form.text_form_of],
    "bot.writing.text_form.narrated": [text_form.narrated],
    "bot.writing.text_form.first_person_at": [text_form.first_person_at],
    "bot.writing.twist.alternatives.possible": [
        lambda text: alternatives.possible(
            word_selection.SelectableWord(0, 4, "lamp"), Gap(left=text, right=text), [_FILL], _allows
        )
    ],
    "bot.writing.infill.candidate_pool.is_repetition": [
        lambda text: candidate_pool.is_repetition("lamp", Gap(left=text, right=text))
    ],
    "bot.writing.infill.pronouns.is_plain": [pronouns.is_plain],
    "bot.writing.infill.pronouns.is_pronoun": [pronouns.is_pronoun],
    "bot.writing.infill.repeats.tokens": [repeats.tokens],
    "bot.writing.infill.repeats.Repeats.cost": [
        lambda text: repeats.Repeats(Gap(left=text, right=text)).cost("a lamp"),
    ],
    "bot.writing.text_windows.left_part": [text_windows.left_part],
    "bot.writing.text_windows.right_part": [lambda text: text_windows.right_part(text, 16)],
    "bot.writing.text_windows.right_sentence": [lambda text: text_windows.right_sentence(text, 5, 16)],
    "bot.writing.diversity.features": [diversity.features],
    "bot.writing.diversity.is_loop": [diversity.is_loop],
    "bot.writing.gaps.names.names_in": [names.names_in],
    "bot.writing.gaps.search.candidates_in": [search.candidates_in],
    "bot.rules.gap_words.one_word": [gap_words.one_word],
    "bot.rules.gap_words.shape_of": [gap_words.shape_of],
    "bot.rules.gap_words.likeness": [lambda text: gap_words.likeness(text, _GAP)],
    "bot.rules.gap_words.filled": [lambda text: gap_words.filled(text or "x", (_GAP,), ("word",))],
    "bot.rules.gap_words.parts_of": [lambda text: gap_words.parts_of(text or "x", (_GAP,), ("word",))],
    "bot.writing.word_selection.selectable_words": [word_selection.selectable_words],
    "bot.rules.text.content_words.stem": [content_words.stem],
    "bot.rules.text.content_words.is_function_word": [content_words.is_function_word],
    "bot.rules.text.content_words.carries": [content_words.carries],
    "bot.rules.text.content_words.is_kin": [lambda text: content_words.is_kin(text, "lamps")],
    "bot.writing.word_selection.spread": [
        lambda text: word_selection.spread(
            text,
            [(float(at % 7), word_selection.SelectableWord(at, at + 3, "abc")) for at in range(0, len(text), 9)],
            11,
            8,
        )
    ],
    "bot.writing.continuation.quality.traits": [_traits],
    "bot.writing.continuation.quality.quality_of": [lambda text: quality.quality_of(_traits(text))],
    "bot.writing.continuation.quality.is_doubtful": [lambda text: quality.is_doubtful(_traits(text), -1.0)],
    "bot.writing.continuation.quality.shortened": [lambda text: quality.shortened(text, PROSE, text_form.PROSE, 160)],
    "bot.writing.continuation.quality.mean_log_prob": [lambda text: quality.mean_log_prob((-1.0, -2.0), text, text)],
    "bot.writing.infill.restyling.possible": [lambda text: restyling.possible(_gapped(text)[0])],
    "bot.writing.infill.restyling.moved": [lambda text: restyling.moved(_gapped(text)[0], "longer")],
    "bot.writing.server_words.ServerWords.found": [server_words.ServerWords(_LISTED).found],
    "bot.rules.text.truecasing.begins_sentence": [truecasing.begins_sentence],
    "bot.rules.text.truecasing.names_in": [truecasing.names_in],
    "bot.rules.text.truecasing.restore": [lambda text: truecasing.restore("lamp", text, {"lamp": "Lamp"})],
    # ---- stories
    "bot.games.archiving.title_of": [archiving.title_of],
    "bot.stories.beginning.beginning_of": [
        lambda text: beginning.beginning_of([_continued(text)], 0),
        lambda text: beginning.beginning_of([_gapped(text)[0]], 0),
    ],
    "bot.stories.rounds.candidates.of_person": [_person],
    "bot.stories.rounds.candidates.allowed": [lambda text: candidates.allowed(text, _LISTED)],
    "bot.stories.rounds.kinds.of_models": [
        lambda text: kinds.of_models("continue", [_suggested(text)]),
        lambda text: kinds.of_models(
            "infill",
            [_suggested(text, "lamp")],
            template=Template(literals=_gapped(text)[1], blanks=(blanks.Blank(),)),
            base=_passage(text),
        ),
    ],
    "bot.stories.rounds.candidates.not_said_yet": [
        lambda text: candidates.not_said_yet([NewCandidate(text=text), NewCandidate(text=text + "a")], [text])
    ],
    "bot.stories.rounds.quoting.blanked": [_misquoted, _quoted, _short_quotes],
    "bot.stories.passages.check_length": [lambda text: passages.check_length(_story(), text)],
    # ---- cards
    "cogs.core.feature_card.FeatureCard.card": [
        lambda text: CARDS["continue"].card(_SAY, _continued(text), name=text[:32]),
        lambda text: CARDS["infill"].card(_SAY, _gapped(text)[0], name="Ada"),
        lambda text: CARDS["twist"].card(_SAY, _twisted(text), name="Ada"),
    ],
    "cogs.core.feature_card.FeatureCard.reading_card": [
        lambda text: CARDS["continue"].reading_card(_SAY, _continued(text), 1),
        lambda text: CARDS["infill"].reading_card(_SAY, _gapped(text)[0], 1),
    ],
    "bot.ui.cards.given_cards": [lambda text: cards.given_cards(_SAY, text)],
    "bot.ui.cutting.sentences": [cutting.sentences],
    "bot.ui.cutting.shown_size": [cutting.shown_size],
    "bot.ui.cutting.shown_head": [
        lambda text: cutting.shown_head(text, len(text) // 2),
        lambda text: cutting.shown_head(text, len(text) // 2, escaping.quote),
    ],
    "bot.ui.cutting.shown_tail": [
        lambda text: cutting.shown_tail(text, len(text) // 2),
        lambda text: cutting.shown_tail(text, len(text) // 2, escaping.quote),
    ],
    "bot.ui.cutting.label": [lambda text: cutting.label(text, 90)],
    "bot.ui.cutting.shown_pages": [lambda text: cutting.shown_pages(text, len(text) // 5)],
    "bot.ui.escaping.tidy": [escaping.tidy],
    "bot.ui.escaping.escape": [escaping.escape],
    "bot.ui.escaping.escapes": [escaping.escapes],
    "bot.ui.escaping.right_to_left": [escaping.right_to_left],
    "bot.ui.escaping.bold": [escaping.bold],
    "bot.ui.escaping.quote": [escaping.quote],
    "bot.ui.escaping.size": [escaping.size],
    "bot.ui.fitting.cut": [lambda text: fitting.cut(escaping.escape(text), 2000)],
    "bot.ui.infills.Filled.show": [
        lambda text: infills.Filled(_gapped(text)[1], ("lamp",)).show(700),
        lambda text: infills.Filled(_gapped(text)[1], ("lamp",)).close().show(),
        lambda text: infills.Filled(("a ", " b"), (text,)).show(700),
    ],
    "bot.ui.infills.style_phrases": [
        lambda text: infills.style_phrases(_SAY, InfillReceipt(style=InfillStyle(near=(text,))))
    ],
    "cogs.lore.cards.lore_card": [
        lambda text: lore_cards.lore_card(_SAY, _entry(text), Tally(), story=text, pen_name=text[:32])
    ],
    "cogs.lore.cards.list_card": [
        lambda text: lore_cards.list_card(_SAY, "lore", [_entry(text)], story_id=1, story=text[:80], page=0)
    ],
    "cogs.profiles.cards.writer_card": [
        lambda text: profile_cards.writer_card(_SAY, WriterProfile(server_id=1, person_id=3, pen_name=text))
    ],
    "bot.ui.progress.heading": [lambda text: progress.heading(_SAY, text, Working(text=text, share=0.5, eta_s=1.0))],
    "bot.ui.progress.progress_card": [
        lambda text: progress.progress_card(
            _SAY, _SAY("progress.working"), Working(text=text, share=0.5, eta_s=1.0), "ink:cancel:a:b"
        )
    ],
    "bot.ui.prose.prose_parts": [prose.prose_parts],
    "bot.ui.prose.prose": [lambda text: prose.prose(_SAY, _passage(text), 0, stands=False)],
    "bot.ui.receipt_summary.receipt_card": [
        lambda text: receipt_summary.receipt_card(_SAY, _continued(text)),
        lambda text: receipt_summary.receipt_card(_SAY, _continued(text), details=True),
    ],
    "bot.ui.receipt_summary.summary_card": [
        lambda text: receipt_summary.summary_card(
            _SAY,
            [(text[:80], ContinueReceipt(dropped=tuple(text.split(" "))), None)],
            receipt_summary.Read(),
            text[:200],
            WHY.button("Details", 1),
        )
    ],
    "bot.ui.receipt_details.details_card": [
        lambda text: receipt_details.details_card(
            _SAY,
            [(text[:80], OtherReceipt(told={"other": text}), None), (text[:80], InfillReceipt(), None)],
            text[:200],
            WHY.button("Back", 1),
        )
    ],
    "bot.ui.receipt_details.facts": [
        lambda text: receipt_details.facts(_SAY, ContinueReceipt(model=text, dropped=tuple(text.split(" "))))
    ],
    "cogs.rounds.private_cards.more_card": [
        lambda text: private_cards.more_card(_SAY, _view(text), Standing(person_id=3, host=True), told="")
    ],
    "cogs.rounds.private_cards.ballot_card": [lambda text: private_cards.ballot_card(_SAY, _view(text), Ballot())],
    "cogs.rounds.private_cards.round_reading_card": [
        lambda text: private_cards.round_reading_card(_SAY, _view(text), 0)
    ],
    "cogs.rounds.result_cards.closed_card": [lambda text: result_cards.closed_card(_SAY, _view(text, state="closed"))],
    "cogs.rounds.result_cards.why_card": [lambda text: result_cards.why_card(_SAY, _view(text))],
    "cogs.rounds.cards.open_card": [
        lambda text: rounds.open_card(_SAY, _view(text)),
        lambda text: rounds.open_card(_SAY, _infilled_view(text)),
        lambda text: rounds.open_card(_SAY, _view(text, kind="bridge")),
    ],
    "cogs.rounds.cards.candidate_menu": [lambda text: rounds.candidate_menu(_view(text), "ink:rreport:1", "hint")],
    "cogs.rounds.cards.fills_of": [
        lambda text: rounds.fills_of(_gapped(text)[1], _infilled_view(text).candidates[0].text),
        lambda text: rounds.fills_of((text[:2], *[text[2:4] or "a"] * 7, "zebra"), text),
        lambda text: rounds.fills_of((text[: len(text) // 2], "", "", text[-3:] + "x"), text),
    ],
    "cogs.settings.cards.settings_card": [
        lambda text: settings_card.settings_card(_SAY, ServerSettings(server_id=1, words=(text,)), text, now_ms=0)
    ],
    "cogs.stories.cards.story_card": [lambda text: stories_cards.story_card(_SAY, *_own(text))],
    "cogs.stories.cards.rules_card": [lambda text: stories_cards.rules_card(_SAY, _own(text, text)[0])],
    "cogs.stories.cards.list_card": [lambda text: stories_cards.list_card(_SAY, [(_own(text, text)[0], 1)], 0, 1, 1)],
    "cogs.stories.cards.people_card": [
        lambda text: stories_cards.people_card(_SAY, _own(text, text)[0], {"cohost": (), "invited": ()})
    ],
    "cogs.stories.cards.withdraw_card": [lambda text: stories_cards.withdraw_card(_SAY, *_own(text))],
    "cogs.stories.cards.delete_card": [lambda text: stories_cards.delete_card(_SAY, _own(text, text)[0], 7)],
    "cogs.stories.reading.reading_card": [
        lambda text: reading.reading_card(_SAY, *_parted(text), reading.Spot(1), "f", total=2)
    ],
    "bot.ui.story_starts.story_start": [lambda text: story_starts.story_start(_SAY, _continued(text))],
    "bot.ui.story_starts.take_menu": [lambda text: story_starts.take_menu(_SAY, _continued(text), begins_stories=True)],
    "bot.ui.receipt_details.expected_facts": [
        lambda text: receipt_details.expected_facts(
            _SAY, TwistWords(words=(Expected(0, len(text), text, (Other(text, 1.0),)),))
        )
    ],
    # ---- books
    "bot.publishing.book.make_book": [_book],
    "bot.publishing.book.clean": [book.clean],
    "bot.publishing.cover.cover": [lambda text: cover.cover(_made(text), _SAY)],
    "bot.publishing.epub.to_epub": [lambda text: epub.to_epub(_made(text))],
    "bot.publishing.html.to_html": [lambda text: html.to_html(_made(text))],
    "bot.publishing.language.direction_of": [language.direction_of],
    "bot.publishing.markdown.to_markdown": [lambda text: markdown.to_markdown(_made(text), words=True)],
    "bot.publishing.markdown.escape": [markdown.escape],
    "bot.publishing.naming.file_name": [lambda text: naming.file_name(text, "html")],
}
"""What is called with a text, by the name of the function that is meant."""


def _allows(text: str) -> bool:
    return True


def _parted(text: str) -> tuple[Story, list[Passage]]:
    return _story(), [_passage(text), _passage(text, 2)]


BOUNDED: Mapping[str, str] = {
    "cogs.core.post_messages.send": "a nonce of the bot's own",
    "bot.rules.games.daily.seam_of": "a seed",
    "bot.writing.gaps.search.choose": "a passage of 180 words; called behind `candidates_in`",
    "bot.publishing.map.draw_map": "titles and beginnings are short; drawn in a thread",
    "bot.publishing.map.outline": "titles and beginnings are short; drawn in a thread",
    "bot.publishing.map.who": "a name",
    "bot.publishing.map_drawing.draw": "titles and beginnings are short; drawn in a thread",
    "bot.publishing.tree_layout.lay_out": "titles, which are only passed on",
    "bot.publishing.templating.render": "called by the formats of a book, which are in the table",
    "bot.publishing.templating.source": "the name of a file of ours",
    "bot.publishing.wording.label": "a key",
    "bot.rules.ballots.commitment": "a salt",
    "bot.rules.servers.version_of": "a server's word list, as it is stored",
    "bot.rules.ballots.decide": "a salt",
    "bot.rules.games.chance.draw": "a seed",
    "bot.rules.games.chance.shuffled": "a seed",
    "bot.rules.games.counterfeit_rounds.masks_of": "a seed",
    "bot.rules.games.counterfeit_rounds.writer_of": "a slot",
    "bot.rules.games.counterfeit_rounds.slot_for": "a seat, or a number",
    "bot.rules.games.gaps_state.guess_points": "a word of 30 characters",
    "bot.rules.games.counterfeit_views.shown_text": "a slot; the text goes to `alike`, which is in the table",
    "bot.rules.games.fold_views.best_lines": "slots",
    "bot.rules.games.fold_views.read_out": "slots; the texts are only passed on",
    "bot.rules.games.fold_views.seen": "slots; the text goes to `tail_of`, which is in the table",
    "bot.rules.games.openings.opening_of": "a language, and a seed",
    "bot.rules.games.registry.game_of": "a key",
    "bot.rules.games.table.text_of": "a slot",
    "bot.rules.games.timing.opened": "a game's own key",
    "bot.rules.text.diffing.common_words": "called by `edited`, which is in the table",
    "bot.rules.zones.told_zone": "the name of a time zone",
    "bot.rules.zones.time_there": "the name of a time zone",
    "bot.rules.languages.check_language": "the tag of a language, looked up in a table",
    "bot.rules.languages.name_of": "the tag of a language",
    "bot.rules.languages.offered": "the tag of a language",
    "bot.rules.text.matching.in_word": "a character",
    "bot.rules.text.words.stands_alone": "a character",
    "bot.games.drafts.keep_refused": "stores it in the database, and compares it with one",
    "bot.games.moderating.report": "the slot of a text",
    "bot.games.moderating.withdraw": "the slot of a text",
    "bot.games.seats.joined": "names of at most 100 characters",
    "bot.games.seats.pen_name_of": "names of at most 100 characters",
    "bot.games.seats.seated": "a name of at most 100 characters",
    "bot.games.passages.passage_of": "the seed of a game",
    "bot.games.stepping.rename": "a pen name",
    "bot.stories.context.context_of": "reads from the database; its lore is looked for in a thread",
    "bot.stories.passages.check_words": "reads from the database, then `ServerWords.found`",
    "bot.stories.rounds.planning.plan_infill": "reads from the database, then `blanked` in a thread",
    "bot.ui.cards.notice": "a text that is escaped already, and only passed on",
    "bot.ui.cards.text": "a text that is escaped already, and only passed on",
    "bot.ui.cards.note_line": "a note of at most 200 characters",
    "bot.ui.origins.credit": "puts names of limited length into a sentence of ours",
    "cogs.games.custom_ids.slot_number": "a slot",
    "cogs.games.forms.agreed_settings": "the name of a kind of game",
    "cogs.games.forms.value_told": "the names of a setting and its value",
    "cogs.games.kinds.card_of": "the name of a kind of game",
    "cogs.games.private_cards.manage_card": "a sentence of ours",
    "cogs.games.private_cards.more_card": "a sentence of ours",
    "cogs.games.private_cards.rules_card": "the name of a kind of game",
    "cogs.games.private_cards.rules_told": "the name of a kind of game",
    "cogs.games.private_cards.scores_card": "a title of ours, and names of limited length",
    "cogs.games.private_cards.standing_card": "a sentence of ours",
    "cogs.games.text_cards.slot_picked": "a value of a menu of ours; texts of a game are bounded by its rules",
    "cogs.games.text_cards.texts_card": "a sentence of ours; texts of a game are bounded by its rules",
    "cogs.help.cards.guide_card": "the name of a machine",
    "cogs.welcome.cards.welcome_card": "a sentence of ours, and the name of a machine",
    "bot.writing.continuation.notes.note_weight": "a note of at most 200 characters",
    "bot.writing.continuation.notes.worded": "a note of at most 200 characters",
    "bot.ui.escaping.begins_line": "reads the beginning of a line; called by the cutting functions",
    "bot.ui.forms.chosen": "the name of a menu",
    "bot.ui.forms.note_box": "a note of so many characters at most",
    "bot.ui.forms.submitted": "the name of a box",
    "bot.ui.locale.language_of": "a locale",
    "bot.ui.locale.merged": "our own catalogues",
    "bot.ui.locale.named": "a key",
    "bot.ui.locale.places_of": "our own catalogues",
    "bot.ui.custom_ids.number": "an id of a button, at most 100 characters",
    "bot.ui.answers.keep_given": "the boxes of a form, which are only joined",
    "bot.rules.servers.check_range": "the key of a message",
    "bot.writing.text_windows.without": "fills, which are only passed on",
}
"""Why the texts of other functions cannot be long, or who answers for them."""


def call(function: Call, text: str) -> None:
    """Call a function with a text; a text that it refuses is as good as one that it takes."""
    try:
        function(text)
    except InklingError:
        return
