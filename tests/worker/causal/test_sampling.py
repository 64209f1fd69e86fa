"""Each sampler against its definition, and against transformers' own where it has one."""

from __future__ import annotations

import math
from collections import Counter
from typing import cast

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import MinPLogitsWarper, TopPLogitsWarper, TypicalLogitsWarper

from bot.rules.moods import MOODS, Sampling
from bot.worker.causal.sampling import Batch, draw, dry, min_p, sample, temperature, top_p, typical_p, xtc

NONE = torch.zeros(1, 1, dtype=torch.long)
"""Token ids, which transformers' cuts ask for and do not look at."""
weights = st.lists(st.integers(1, 1000).map(lambda share: share / 1000), min_size=2, max_size=12)
"""Different ones differ in float32, too."""
shares = st.floats(0.05, 0.95)


def _logits(*rows: list[float]) -> Tensor:
    return torch.tensor(rows).log()


def _kept(logits: Tensor) -> list[set[int]]:
    return [set(row.isfinite().nonzero()[:, 0].tolist()) for row in logits]


def _probs(values: list[float]) -> list[float]:
    return [value / sum(values) for value in values]


def test_top_p_keeps_the_fewest_that_sum_to_p() -> None:
    logits = _logits([0.5, 0.3, 0.15, 0.05], [0.05, 0.15, 0.3, 0.5], [0.5, 0.3, 0.15, 0.05])
    assert _kept(top_p(logits, torch.tensor([0.79, 0.81, 0.01]))) == [{0, 1}, {1, 2, 3}, {0}]


@given(weights, shares)
def test_top_p_is_as_in_transformers(values: list[float], p: float) -> None:
    cumulative = torch.tensor(sorted(_probs(values), reverse=True)).cumsum(0)
    assume((cumulative - p).abs().min() > 1e-4)
    assume(len(set(values)) == len(values))
    logits = _logits(values)
    assert _kept(top_p(logits, torch.tensor([p]))) == _kept(TopPLogitsWarper(p)(NONE, logits))


@given(weights, shares)
def test_min_p_keeps_what_is_near_the_best(values: list[float], p: float) -> None:
    probs = _probs(values)
    assume(min(abs(prob - p * max(probs)) for prob in probs) > 1e-5)
    logits = _logits(values)
    kept = _kept(min_p(logits, torch.tensor([p])))
    assert kept == [{i for i, prob in enumerate(probs) if prob >= p * max(probs)}]
    assert kept == _kept(MinPLogitsWarper(p)(cast(torch.LongTensor, NONE), logits))


@given(weights, shares)
def test_typical_p_is_as_in_transformers(values: list[float], p: float) -> None:
    probs = torch.tensor(_probs(values), dtype=torch.float64)
    distance = (-probs.log() - (-(probs * probs.log()).sum())).abs()
    ordered = distance.sort()
    assume(len(values) < 2 or (ordered.values.diff().abs()).min() > 1e-4)
    assume((probs[ordered.indices].cumsum(0) - p).abs().min() > 1e-4)
    logits = _logits(values)
    assert _kept(typical_p(logits, torch.tensor([p]))) == _kept(TypicalLogitsWarper(p)(NONE, logits))


def test_typical_p_may_drop_the_most_probable_token() -> None:
    """Meister et al. 2023: what is too expected goes, too."""
    values = [0.4] + [0.6 / 60] * 60
    assert 0 not in _kept(typical_p(_logits(values), torch.tensor([0.5])))[0]


@pytest.mark.parametrize("p", [0.3, 0.9, 0.999])
def test_sampling_cuts_a_long_vocabulary_even_where_its_head_is_not_enough(p: float) -> None:
    """A flat distribution over more tokens than are looked at first."""
    logits = torch.randn(3, 9000, generator=torch.Generator().manual_seed(1)) * torch.tensor([[0.1], [1.0], [4.0]])
    ours, theirs = top_p(logits, torch.full((3,), p)), TopPLogitsWarper(p)(NONE, logits)
    for mine, its in zip(_kept(ours), _kept(theirs), strict=True):
        assert abs(len(mine) - len(its)) <= 2  # the sums run in opposite directions
        assert len(mine ^ its) <= 2
    ours, theirs = typical_p(logits, torch.full((3,), p)), TypicalLogitsWarper(p)(NONE, logits)
    for mine, its in zip(_kept(ours), _kept(theirs), strict=True):
        assert len(mine ^ its) <= 2


def test_sampling_each_row_has_its_own_values_and_samplers_follow_one_another() -> None:
    logits = _logits([0.4, 0.3, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1])
    once = top_p(logits, torch.tensor([0.65, 1.0]))
    assert _kept(once) == [{0, 1}, {0, 1, 2, 3}]
    # The second cut sees what the first left: 0.4 and 0.3 of 0.7.
    assert _kept(top_p(once, torch.tensor([0.55, 0.55]))) == [{0}, {0, 1}]


def _flags(size: int, *ids: int) -> Tensor:
    flags = torch.zeros(size, dtype=torch.bool)
    flags[list(ids)] = True
    return flags


def test_xtc_drops_all_top_choices_but_the_least_likely() -> None:
    logits = _logits([0.4, 0.3, 0.2, 0.06, 0.04], [0.95, 0.02, 0.01, 0.01, 0.01], [0.4, 0.3, 0.2, 0.06, 0.04])
    hit = torch.tensor([True, True, False])
    kept = _kept(xtc(logits, torch.full((3,), 0.1), hit, _flags(5)))
    assert kept == [{2, 3, 4}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}]


def test_xtc_never_drops_a_line_break_or_the_end() -> None:
    kept = _kept(xtc(_logits([0.5, 0.3, 0.2]), torch.tensor([0.1]), torch.tensor([True]), _flags(3, 0)))
    assert kept == [{0, 2}]


@given(weights, st.floats(0.02, 0.4), st.sets(st.integers(0, 11), max_size=3))
def test_xtc_is_its_definition(values: list[float], threshold: float, protected: set[int]) -> None:
    probs = _probs(values)
    assume(min(abs(prob - threshold) for prob in probs) > 1e-5)
    assume(len(set(values)) == len(values))
    flags = _flags(len(values), *(i for i in protected if i < len(values)))
    top = sorted((i for i, prob in enumerate(probs) if prob >= threshold), key=lambda i: probs[i])
    dropped = {i for i in top[1:] if i not in protected} if len(top) >= 2 else set()
    kept = _kept(xtc(_logits(values), torch.tensor([threshold]), torch.tensor([True]), flags))
    assert kept == [set(range(len(values))) - dropped]


def _dry(ids: list[list[int]], *, vocabulary: int = 10, breakers: tuple[int, ...] = (), allowed: int = 2) -> Tensor:
    rows = len(ids)
    penalised = dry(
        torch.zeros(rows, vocabulary),
        torch.tensor(ids),
        _flags(vocabulary, *breakers).unsqueeze(0),
        torch.full((rows,), 0.8),
        torch.full((rows,), 1.75),
        torch.full((rows,), float(allowed)),
    )
    return -penalised


def test_dry_penalises_what_would_go_on_with_a_repetition() -> None:
    # "1 2 3 4 … 1 2 3": 4 would make the repetition longer; the match is 3 tokens, one more than allowed.
    (penalty,) = _dry([[1, 2, 3, 4, 9, 1, 2, 3]])
    assert penalty[4].item() == pytest.approx(0.8 * 1.75)
    assert penalty.nonzero()[:, 0].tolist() == [4]


def test_dry_leaves_matches_shorter_than_allowed() -> None:
    assert not _dry([[1, 4, 9, 1]]).any()
    assert _dry([[1, 2, 4, 9, 1, 2]])[0, 4].item() == pytest.approx(0.8)


def test_dry_takes_the_longest_match_of_each_token() -> None:
    (penalty,) = _dry([[2, 3, 4, 8, 1, 2, 3, 4, 7, 1, 2, 3]])
    assert penalty[4].item() == pytest.approx(0.8 * 1.75)  # 1 2 3, not 2 3


def test_dry_stops_at_sequence_breakers() -> None:
    assert not _dry([[1, 2, 3, 4, 9, 1, 2, 3]], breakers=(2,)).any()  # broken within the match
    assert not _dry([[1, 2, 3, 4, 9, 1, 2, 3]], breakers=(3,)).any()  # at its end
    assert not _dry([[1, 2, 3, 4, 9, 1, 2, 3]], breakers=(4,)).any()  # a breaker itself is never penalised
    assert _dry([[1, 2, 3, 4, 9, 1, 2, 3]], breakers=(1,))[0, 4].item() == pytest.approx(0.8)


def test_dry_sees_no_padding_and_every_row_alone() -> None:
    penalties = _dry([[-1, -1, -1, 5, 6, 5, 6, 5], [1, 2, 3, 4, 9, 1, 2, 3]])
    assert penalties[0, 6].item() == pytest.approx(0.8 * 1.75)
    assert penalties[0].nonzero()[:, 0].tolist() == [6]
    assert penalties[1].nonzero()[:, 0].tolist() == [4]


def _slow_dry(ids: list[int], breakers: set[int], multiplier: float, base: float, allowed: int) -> dict[int, float]:
    """The reference: text-generation-webui's loop (pull request 5677), token by token."""
    last = ids[-1]
    if last in breakers:
        return {}
    lengths: dict[int, int] = {}
    for i in (i for i, token in enumerate(ids[:-1]) if token == last):
        following = ids[i + 1]
        if following in breakers:
            continue
        length = 1
        while i - length >= 0:
            previous = ids[-(length + 1)]
            if ids[i - length] != previous or previous in breakers:
                break
            length += 1
        lengths[following] = max(length, lengths.get(following, 0))
    return {token: multiplier * base ** (n - allowed) for token, n in lengths.items() if n >= allowed}


@settings(max_examples=150)
@given(
    st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=30), min_size=1, max_size=4),
    st.sets(st.integers(0, 3), max_size=2),
    st.integers(1, 4),
)
def test_dry_is_the_reference(rows: list[list[int]], breakers: set[int], allowed: int) -> None:
    longest = max(map(len, rows))
    padded = [[-1] * (longest - len(row)) + row for row in rows]
    penalties = _dry(padded, vocabulary=5, breakers=tuple(breakers), allowed=allowed)
    for row, penalty in zip(rows, penalties, strict=True):
        expected = _slow_dry(row, breakers, 0.8, 1.75, allowed)
        assert penalty.tolist() == pytest.approx([expected.get(token, 0.0) for token in range(5)], rel=1e-5)


def test_temperature_comes_last_and_sharpens() -> None:
    probs = temperature(_logits([0.8, 0.2]), torch.tensor([0.5])).softmax(-1)
    assert probs[0].tolist() == pytest.approx([0.64 / 0.68, 0.04 / 0.68])


def test_draw_inverts_the_cumulative_distribution() -> None:
    logits = _logits([0.2, 0.5, 0.3]).expand(6, -1)
    uniform = torch.tensor([0.0, 0.19, 0.21, 0.69, 0.71, 0.9999999])
    assert draw(logits, uniform).tolist() == [0, 0, 1, 1, 2, 2]


def test_draw_never_takes_what_a_sampler_dropped() -> None:
    logits = torch.tensor([[-math.inf, 0.0, -math.inf, 0.0, -math.inf]]).expand(1000, -1)
    uniform = torch.cat([torch.linspace(0, 1 - 1e-7, 998), torch.tensor([0.0, 0.5])])
    assert set(draw(logits, uniform).tolist()) == {1, 3}


def _draws(sampling: Sampling, probs: list[float], count: int) -> Counter[int]:
    batch = Batch.of([sampling] * count, protected=_flags(len(probs)), breakers=[_flags(len(probs))] * count)
    generators = [torch.Generator().manual_seed(seed) for seed in range(count)]
    ids = torch.zeros(count, 1, dtype=torch.long)
    return Counter(sample(_logits(probs).expand(count, -1), ids, batch, generators).tolist())


def test_draws_of_many_seeds_have_the_distribution() -> None:
    probs = [0.55, 0.25, 0.15, 0.05]
    drawn = _draws(Sampling(), probs, 4000)
    for token, prob in enumerate(probs):
        assert abs(drawn[token] / 4000 - prob) < 4 * math.sqrt(prob * (1 - prob) / 4000)


def test_sampling_xtc_acts_with_its_probability() -> None:
    # Hit: 0 is dropped, and 1 is certain. Not hit: 0 with 0.6. So 0 comes with 0.5 · 0.6.
    drawn = _draws(Sampling(xtc_probability=0.5, xtc_threshold=0.1), [0.6, 0.4], 4000)
    assert abs(drawn[0] / 4000 - 0.3) < 0.03


def test_sampling_cut_does_not_depend_on_the_temperature() -> None:
    """min-p .3 keeps two of three, however hot."""
    drawn = _draws(Sampling(min_p=0.3, temperature=50.0), [0.6, 0.3, 0.1], 600)
    assert drawn[2] == 0
    assert abs(drawn[0] - drawn[1]) < 120


def test_row_draws_the_same_alone_and_in_company() -> None:
    probs = torch.rand(5, 300, generator=torch.Generator().manual_seed(3)).log()
    moods = [MOODS["steady"], MOODS["open"], MOODS["wild"], MOODS["plain"], Sampling()]
    ids = torch.randint(0, 300, (5, 12), generator=torch.Generator().manual_seed(4))

    def pick(rows: list[int]) -> list[int]:
        batch = Batch.of([moods[r] for r in rows], protected=_flags(300), breakers=[_flags(300, 7)] * len(rows))
        generators = [torch.Generator().manual_seed(100 + r) for r in rows]
        return [token for _ in range(20) for token in sample(probs[rows], ids[rows], batch, generators).tolist()]

    together = pick([0, 1, 2, 3, 4])
    for row in range(5):
        assert pick([row]) == together[row::5]
