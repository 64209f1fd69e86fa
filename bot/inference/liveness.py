"""Liveness: decides from a worker's answers whether it hangs. Pure bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass

from bot.inference.protocol import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what, in seconds.

    A worker is asked how it is every `poll_s`, and has `answer_s` to answer. It is hung where models are there and for
    `hang_s` it neither gets on nor says that there is nothing to do; while they load, where it answers nothing for
    `mute_s` or stays for `start_s` in one stage. A call waits up to `wait_s` for a worker. Restarts wait `backoff_s`,
    twice as long each time, at most `longest_backoff_s`, and begin anew after a life of `steady_s`. At the end the
    worker has `stop_s` to go by itself.
    """

    start_s: float = 900.0
    mute_s: float = 180.0
    hang_s: float = 60.0
    wait_s: float = 300.0
    poll_s: float = 1.0
    answer_s: float = 5.0
    backoff_s: float = 0.5
    longest_backoff_s: float = 30.0
    steady_s: float = 60.0
    stop_s: float = 2.0


class Heartbeat:
    """Counts what comes back from the worker: a sign of progress besides what its health says."""

    def __init__(self) -> None:
        self.beats = 0

    def beat(self) -> None:
        """Note that something came back. Asking, or asking again, does not count."""
        self.beats += 1


class Liveness:
    """The state of one worker, from one check of its health after the other."""

    def __init__(self, patience: Patience, heartbeat: Heartbeat, now_s: float) -> None:
        self._patience = patience
        self._heartbeat = heartbeat
        self._beats = heartbeat.beats
        self._looked_s = now_s
        self._last: Health | None = None
        self._unanswered_s = 0.0
        self._unmoved_s = 0.0
        self._same_stage_s = 0.0

    def look(self, health: Health | None, now_s: float) -> str | None:
        """Take the newest answer, None where none came in time, at the monotonic time `now_s`. Return why the worker
        counts as hung; None where it does not."""
        patience, before = self._patience, self._last
        # Time in which this process itself was stopped does not speak against the worker.
        passed_s = min(now_s - self._looked_s, 2.0 * (patience.answer_s + patience.poll_s))
        self._looked_s = now_s
        self._last = last = health or before
        moved = _place(last) != _place(before)
        beaten, self._beats = self._heartbeat.beats != self._beats, self._heartbeat.beats
        idle = health is not None and not health.requests_waiting
        self._unanswered_s = 0.0 if health is not None else self._unanswered_s + passed_s
        self._unmoved_s = 0.0 if moved or beaten or idle else self._unmoved_s + passed_s
        self._same_stage_s = 0.0 if moved else self._same_stage_s + passed_s
        if last is not None and (last.ready or last.rows_running > 0):
            if self._unmoved_s > patience.hang_s:
                how = "no answer" if self._unanswered_s > patience.hang_s else "no step while work was in hand"
                return f"{how} for {patience.hang_s:g} s"
        elif self._unanswered_s > patience.mute_s:
            return f"no answer for {patience.mute_s:g} s while it started"
        if last is not None and not last.ready and self._same_stage_s > patience.start_s:
            return f"it was {last.stage} for {patience.start_s:g} s"
        return None


def _place(health: Health | None) -> tuple[str, int] | None:
    """How far a worker is."""
    return None if health is None else (health.stage, health.steps)
