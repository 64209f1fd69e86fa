"""When a worker is taken for hung, by a clock of the test's own."""

from __future__ import annotations

from bot.inference.liveness import Heartbeat, Liveness, Patience
from bot.inference.protocol import Health

PATIENCE = Patience(hang_s=60.0, mute_s=180.0, start_s=900.0)


class Life:
    """A worker that is looked at, once a second where it answers and every six seconds where it does not."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.heartbeat = Heartbeat()
        self._signs = Liveness(PATIENCE, self.heartbeat, 0.0)

    def answers(self, *, steps: int = 0, requests: int = 0, rows: int = 0, stage: str = "ready") -> str | None:
        self.now_s += 1.0
        health = Health(
            ready=stage == "ready",
            stage=stage,
            models=(),
            steps=steps,
            requests_waiting=requests,
            rows_running=rows,
        )
        return self._signs.look(health, self.now_s)

    def is_silent(self, *, after_s: float = 6.0) -> str | None:
        self.now_s += after_s
        return self._signs.look(None, self.now_s)

    def until_hung(self, *, within: int = 1000, beating: bool = False, **answer: int | str) -> float:
        """Look until it is taken for hung; return how many seconds that took."""
        began_s = self.now_s
        for _ in range(within):
            if beating:
                self.heartbeat.beat()
            if (self.answers(**answer) if answer else self.is_silent()) is not None:  # type: ignore[arg-type]
                return self.now_s - began_s
        return float("inf")


def test_liveness_sees_a_stopped_worker_in_time_whatever_runs() -> None:
    for requests in (0, 1, 12):
        life = Life()
        assert life.answers(steps=3, requests=requests) is None
        assert 60.0 < life.until_hung() <= 72.0


def test_worker_that_answers_but_takes_no_step_is_seen() -> None:
    life = Life()
    assert life.answers(steps=3, requests=1) is None
    assert 60.0 < life.until_hung(steps=3, requests=1) <= 62.0


def test_liveness_takes_repeated_requests_for_no_sign_of_life() -> None:
    life = Life()
    assert life.answers(steps=3, requests=1) is None
    for number in range(58):
        assert life.answers(steps=3, requests=1 + number % 5) is None
    assert life.until_hung(steps=3, requests=2) <= 4.0


def test_liveness_leaves_a_worker_that_progresses_or_is_idle() -> None:
    life = Life()
    assert all(life.answers(steps=step, requests=4) is None for step in range(500))
    assert all(life.answers(steps=499) is None for _ in range(500))
    # Its health comes late because it works so hard: what it sends says so.
    assert life.until_hung(beating=True, within=100) == float("inf")


def test_liveness_forgives_a_few_late_answers() -> None:
    life = Life()
    for step in range(10):
        assert life.answers(steps=step, requests=1) is None
        assert all(life.is_silent() is None for _ in range(9))


def test_liveness_sees_a_worker_that_stops_while_it_loads() -> None:
    life = Life()
    assert 180.0 < life.until_hung() <= 192.0  # it never said a word
    life = Life()
    assert life.answers(stage="loading the story model") is None
    assert 180.0 < life.until_hung() <= 192.0
    life = Life()
    assert 900.0 < life.until_hung(stage="loading the story model", requests=3) <= 902.0


def test_liveness_watches_rows_while_another_model_loads() -> None:
    life = Life()
    assert life.answers(stage="loading the masked model", steps=9, rows=3, requests=1) is None
    assert 60.0 < life.until_hung(stage="loading the masked model", steps=9, rows=3, requests=1) <= 62.0


def test_liveness_does_not_count_time_in_which_the_bot_was_stopped() -> None:
    life = Life()
    assert life.answers(steps=3, requests=1) is None
    assert life.is_silent(after_s=100_000.0) is None
    assert life.answers(steps=3, requests=1) is None
    assert life.answers(steps=4, requests=1) is None
