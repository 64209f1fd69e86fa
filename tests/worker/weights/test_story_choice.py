"""Which story model `CAUSAL_MODEL=auto` means, on which machine, and what changes it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import AUTO, BUNDLED, LARGE, EngineChoice, ModelChoice
from bot.worker.weights import large
from bot.worker.weights.large import large_file
from bot.worker.weights.machine import Machine, free_memory, look_at_machine
from bot.worker.weights.story_choice import DISK, FILE, MEMORY, choose, give_up_large, plan_story, settle_story

GIB = 1 << 30
ROOMY = Machine(memory=MEMORY, disk=DISK, openvino=True)


@pytest.mark.parametrize(
    ("machine", "there", "engine", "device", "told"),
    [
        (ROOMY, 0, "auto", "auto", None),
        (replace(ROOMY, memory=MEMORY - 1), 0, "auto", "auto", "memory"),
        (replace(ROOMY, memory=None), 0, "auto", "auto", "memory"),
        (replace(ROOMY, disk=DISK - 1), 0, "auto", "auto", "disk"),
        (replace(ROOMY, disk=DISK - GIB), GIB, "auto", "cpu", None),
        (replace(ROOMY, openvino=False), 0, "auto", "auto", "OpenVINO"),
        (ROOMY, 0, "openvino", "auto", None),
        (ROOMY, 0, "torch", "auto", "OpenVINO"),
        (ROOMY, 0, "auto", "cuda:0", "cuda:0"),
    ],
)
def test_large_model_is_chosen_where_the_machine_carries_it(
    machine: Machine, there: int, engine: EngineChoice, device: str, told: str | None
) -> None:
    kept = choose(machine, there=there, earlier=False, engine=engine, device=device)
    assert (kept.model, kept.by) == ("large" if told is None else "bundled", "machine")
    assert (told or "CAUSAL_MODEL=bundled") in kept.reason
    assert told is None or "CAUSAL_MODEL=large" in kept.reason
    assert choose(machine, there=there, earlier=True, engine=engine, device=device).model == "bundled"


def test_story_choice_stays_whatever_becomes_of_the_machine(tmp_path: Path) -> None:
    assert plan_story(AUTO, tmp_path).now == BUNDLED
    assert not (tmp_path / "models").exists()
    small = settle_story(AUTO, tmp_path, earlier=False, machine=replace(ROOMY, memory=GIB))
    assert (small.now, small.later) == (BUNDLED, None)
    assert settle_story(AUTO, tmp_path, earlier=True, machine=ROOMY) == small == plan_story(AUTO, tmp_path)
    assert (tmp_path / "models" / FILE).exists()


def test_large_model_comes_later_until_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE", replace(large.LARGE, size=3))
    story = settle_story(AUTO, tmp_path, earlier=False, machine=ROOMY)
    assert (story.now, story.later) == (BUNDLED, LARGE)
    assert plan_story(LARGE, tmp_path).later == LARGE
    large_file(tmp_path).write_bytes(b"abc")
    for choice in (AUTO, LARGE):
        assert (plan_story(choice, tmp_path).now, plan_story(choice, tmp_path).later) == (LARGE, None)
    give_up_large(tmp_path, "it ends in a crash")
    assert plan_story(AUTO, tmp_path).now == BUNDLED
    assert "crash" in settle_story(AUTO, tmp_path, earlier=True, machine=ROOMY).reason
    assert plan_story(LARGE, tmp_path).now == LARGE


def test_story_choice_of_an_older_folder_stays_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(2):
        assert settle_story(AUTO, tmp_path, earlier=True, machine=ROOMY).now == BUNDLED
    assert caplog.text.count("CAUSAL_MODEL=large") == 1


@pytest.mark.parametrize("named", [BUNDLED, ModelChoice(name="gpt2")])
def test_named_model_is_taken_and_leaves_the_choice_open(tmp_path: Path, named: ModelChoice) -> None:
    story = settle_story(named, tmp_path, earlier=False, machine=ROOMY)
    assert (story.now, story.later) == (named, None)
    assert settle_story(AUTO, tmp_path, earlier=True, machine=ROOMY).later == LARGE
    assert settle_story(named, tmp_path, earlier=True, machine=ROOMY).now == named
    assert plan_story(AUTO, tmp_path).later == LARGE


@pytest.mark.parametrize("text", ["", "{}", '{"model": "huge", "by": "machine", "reason": ""}', "\x00"])
def test_story_choice_that_cannot_be_read_is_made_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FILE).write_text(text)
    assert plan_story(AUTO, tmp_path).now == BUNDLED
    assert settle_story(AUTO, tmp_path, earlier=True, machine=ROOMY).later == LARGE


def test_small_model_writes_where_nothing_can_be_stored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "models").write_text("a file")
    assert settle_story(AUTO, tmp_path, earlier=False, machine=ROOMY).now == BUNDLED
    assert "cannot be written" in caplog.text


def tell(root: Path, files: dict[str, str]) -> Path:
    """Write what /proc and /sys would say."""
    for name, text in {"proc/meminfo": f"MemTotal: 9 kB\nMemAvailable:   {10 * GIB // 1024} kB\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, 10 * GIB),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 10 * GIB),
        (  # a container of the second version sees its own group at the mount
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": f"{4 * GIB}\n",
                "sys/fs/cgroup/memory.current": f"{3 * GIB}\n",
                "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {2 * GIB}\n",
            },
            3 * GIB,
        ),
        (  # the limit of a slice above counts, too
            {
                "proc/self/cgroup": "0::/user.slice/inkling.service\n",
                "sys/fs/cgroup/user.slice/inkling.service/memory.max": "max\n",
                "sys/fs/cgroup/user.slice/inkling.service/memory.current": "5\n",
                "sys/fs/cgroup/user.slice/memory.max": f"{2 * GIB}\n",
                "sys/fs/cgroup/user.slice/memory.current": f"{3 * GIB}\n",
            },
            0,
        ),
        (  # the first version, with the path that the group has outside
            {
                "proc/self/cgroup": "5:cpu:/\n4:memory:/docker/abc\n0::/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{6 * GIB}\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
                "sys/fs/cgroup/memory/memory.stat": f"total_inactive_file {GIB}\n",
            },
            6 * GIB,
        ),
        (  # no limit, as the first version writes it
            {
                "proc/self/cgroup": "4:memory:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
            },
            10 * GIB,
        ),
    ],
)
def test_story_choice_respects_a_containers_limit(tmp_path: Path, files: dict[str, str], free: int) -> None:
    assert free_memory(tell(tmp_path, files)) == free


def test_machine_is_measured(tmp_path: Path) -> None:
    machine = look_at_machine(tmp_path / "not" / "there" / "yet")
    assert machine.memory is None or machine.memory > 0
    assert machine.disk > 0
