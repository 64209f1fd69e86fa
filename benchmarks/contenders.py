"""What the bot is measured against, each in a process of its own: the usual bot, and the bare engine.

A contender loads, says that it is ready, and then does the same work each time it is told to.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from bot.settings import Settings
from bot.worker.weights.resolving import resolve

TEMPERATURE = 1.0
"""The temperature at which the contenders draw."""
MIN_P = 0.05
"""The share of the likeliest token's probability under which they draw none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One prompt a person, so many rows of so many tokens each."""

    prompts: tuple[str, ...]
    rows: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds from the start until all was done, and per person until the first text and until the last; the tokens
    that were made; and the seconds of processor time, which tell more than the clock where others use the machine."""

    total_s: float
    first_s: tuple[float, ...]
    done_s: tuple[float, ...]
    made: int
    cpu_s: float

    @property
    def tokens_per_s(self) -> float:
        """Tokens a second over the whole time."""
        return self.made / self.total_s


OriginRun = Callable[[Work], Timing]


@contextmanager
def contender(make: Callable[[Settings], OriginRun], settings: Settings) -> Iterator[OriginRun]:
    """Give a function that lets a contender work in its own process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(make, settings, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if ours.recv() != "ready":
            raise RuntimeError(f"{make.__name__} did not start")

        def run(work: Work) -> Timing:
            ours.send(work)
            timing: Timing = ours.recv()
            return timing

        yield run
        ours.send(None)
        process.join(10.0)
    finally:
        process.kill()


def _serve(make: Callable[[Settings], OriginRun], settings: Settings, pipe: Connection[Any, Any]) -> None:
    run = make(settings)
    pipe.send("ready")
    while (work := pipe.recv()) is not None:
        pipe.send(run(work))


def naive_bot(settings: Settings) -> OriginRun:
    """The usual bot: one transformers pipeline, one request after another, as float32."""
    from transformers import pipeline

    from bot.worker.causal.loading import load_causal

    model, tokenizer = load_causal(
        resolve(settings.causal_model, "causal", settings.data), "cpu", "float32", settings.data / "cache"
    )
    generate: Any = pipeline("text-generation", model=model, tokenizer=tokenizer)  # type: ignore[call-overload]
    generate("Once", max_new_tokens=2)

    def run(work: Work) -> Timing:
        began, used = time.perf_counter(), time.process_time()
        done: list[float] = []
        made = 0
        for prompt in work.prompts:
            rows = generate(
                prompt,
                num_return_sequences=work.rows,
                max_new_tokens=work.tokens,
                do_sample=True,
                temperature=TEMPERATURE,
                min_p=MIN_P,
                top_k=0,
                return_tensors=True,
            )
            length = len(tokenizer(prompt).input_ids)
            made += sum(_until_end(row["generated_token_ids"][length:], tokenizer.eos_token_id) for row in rows)
            done.append(time.perf_counter() - began)
        # Nothing is shown before a request is finished.
        cpu_s = time.process_time() - used
        return Timing(total_s=done[-1], first_s=tuple(done), done_s=tuple(done), made=made, cpu_s=cpu_s)

    return run


def _until_end(ids: Sequence[int], end: int) -> int:
    """Count the tokens up to the end of a text, behind which there is padding."""
    numbers = list(map(int, ids))
    return numbers.index(end) if end in numbers else len(numbers)


def bare_engine(settings: Settings) -> OriginRun:
    """OpenVINO GenAI's pipeline on the same prepared weights, with nothing around it but the loop that steps it. As in
    our engine, the first row of a prompt goes before its siblings, which is how it is fastest."""
    import numpy as np
    import openvino as ov
    import openvino_genai

    from bot.worker.causal.openvino_model import open_pipeline, prepare
    from bot.worker.causal.tokens import Tokens

    prepared = prepare(resolve(settings.causal_model, "causal", settings.data), settings.data / "cache")
    pipeline = open_pipeline(prepared, settings.dtype)
    tokens = Tokens.from_file(prepared.tokenizer, prepared.ends)

    def add(prompt: Sequence[int], number: int, work: Work) -> Any:
        config = openvino_genai.GenerationConfig()
        config.apply_chat_template = False
        config.max_new_tokens, config.do_sample, config.rng_seed = work.tokens, True, number
        config.temperature, config.min_p = TEMPERATURE, MIN_P
        config.stop_token_ids, config.eos_token_id = set(tokens.ends), min(tokens.ends)
        return pipeline.add_request(number, ov.Tensor(np.array([prompt], dtype=np.int64)), config)

    def run(work: Work) -> Timing:
        began, used = time.perf_counter(), time.process_time()
        prompts = [tokens.encode(prompt) for prompt in work.prompts]
        handles = [(person, add(prompt, person, work)) for person, prompt in enumerate(prompts)]
        first: dict[int, float] = {}
        done: dict[int, float] = {}
        made = 0
        while pipeline.has_non_finished_requests():
            pipeline.step()
            now = time.perf_counter() - began
            for person, handle in tuple(handles):
                if not handle.can_read():
                    continue
                made += sum(len(out.generated_ids) for out in handle.read().values())
                done[person] = now
                if person not in first:
                    first[person] = now
                    siblings = range(1, work.rows)
                    handles += [(person, add(prompts[person], 1000 * k + person, work)) for k in siblings]
        return Timing(
            total_s=time.perf_counter() - began,
            first_s=tuple(first.values()),
            done_s=tuple(done.values()),
            made=made,
            cpu_s=time.process_time() - used,
        )

    return run
