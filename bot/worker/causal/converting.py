"""Makes of a GGUF file what OpenVINO loads, in a process of its own: behind everything else that the machine does where
another model writes meanwhile.

    python -m bot.worker.causal.converting [--gives-way] FILE FOLDER

The weights are read from the file a block of rows at a time and become 8-bit, one scale a row: nothing is written but
the result, and the process has little more in memory than that. Two threads work on it, for numpy lets go of the
interpreter; in the worker's own process nobody would be answered meanwhile.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import WeightsError

if TYPE_CHECKING:
    import numpy as np

    from bot.worker.causal.openvino_graph import Matrix

GRAPH = "openvino_model.xml"
"""The file of the converted model's graph."""
WEIGHTS = "openvino_model.bin"
"""The file of its weights."""
TOKENIZER = "tokenizer.json"
"""The file of its tokenizer."""
DETAILS = "inkling.json"
"""What else must be known of the model: `window`, `ends`, `group` and `kv_values` of `PreparedModel`."""
GIVES_WAY = "--gives-way"
"""The option for a conversion that gives way."""
NICENESS = 15
"""By how much a conversion gives way, while another model writes."""
THREADS = 2
"""Threads of a conversion."""
_LAST_LINES = 20
"""Lines of its process's other output that are kept; the last one is told where it fails."""

Told = Callable[[int, int], None]
"""told(done, total): how far it is. It may raise, and then the work ends there."""


def convert_beside(gguf: Path, folder: Path, told: Told, *, gives_way: bool = False) -> None:
    """Write `folder` in a process of its own, and wait for it. `gives_way`: nobody waits for it. Raises `WeightsError`,
    and what `told` raises."""
    command = [sys.executable, "-m", "bot.worker.causal.converting", *([GIVES_WAY] if gives_way else [])]
    command += [str(gguf), str(folder)]
    complaints: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                done, _, total = line.strip().partition(" of ")
                if done.isdigit() and total.isdigit():
                    told(int(done), int(total))
                elif line.strip():
                    complaints.append(line.strip())
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        reason = complaints[-1] if complaints else f"its process ended with status {process.returncode}"
        raise WeightsError(f"{gguf.name} cannot be prepared for OpenVINO: {reason}")


def convert(gguf: Path, folder: Path, told: Told) -> None:
    """Write `folder` from a GGUF file. Raises `WeightsError`."""
    import openvino as ov
    from gguf import GGUFReader

    from bot.worker.causal.mapped_files import give_back
    from bot.worker.causal.openvino_graph import Shape, build, field

    reader = GGUFReader(str(gguf))
    shape = Shape.of(reader)
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as threads:
        packing = _Packing(threads)

        def after_layer(done: int, total: int) -> None:
            give_back(gguf)
            told(done, total)

        model = build(reader, shape, packing.pack, after_layer)
        saving = threads.submit(ov.save_model, model, folder / GRAPH, compress_to_fp16=False)
        save_tokenizer(gguf, folder)
        saving.result()
    details = {
        "window": shape.window,
        "ends": [int(field(reader, "tokenizer.ggml.eos_token_id"))],
        "group": packing.group,
        "kv_values": 2 * shape.layers * shape.kv_heads * shape.head_size,
    }
    (folder / DETAILS).write_text(json.dumps(details), encoding="utf-8")


def save_tokenizer(gguf: Path, folder: Path) -> None:
    """Make a tokenizer.json of the vocabulary in a GGUF file. Raises `WeightsError`."""
    from transformers import AutoTokenizer

    try:
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise WeightsError(f"its tokenizer cannot be read ({type(error).__name__})") from error
    if not (folder / TOKENIZER).exists():
        raise WeightsError("its tokenizer is of a kind that cannot be used")


class _Packing:
    """Makes matrices 8-bit. `group` is the largest number of activations that divides the length of every row."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.group = 0
        self._threads = threads

    def pack(self, matrix: Matrix) -> Any:
        """Return a node that widens a matrix of int8 values with a float16 scale for each row."""
        import numpy as np
        from openvino import opset13 as ops

        self.group = math.gcd(self.group, matrix.columns)
        numbers = np.empty((matrix.rows, matrix.columns), np.int8)
        scales = np.empty((matrix.rows, 1), np.float16)

        def fill(begin: int) -> None:
            some = slice(begin, min(matrix.rows, begin + matrix.block))
            numbers[some], scales[some] = per_row(matrix.read(some.start, some.stop))

        for _ in self._threads.map(fill, range(0, matrix.rows, matrix.block)):
            pass
        wide = ops.multiply(ops.convert(ops.constant(numbers, shared_memory=True), "f16"), ops.constant(scales))
        return ops.convert(wide, "f32")


def per_row(weights: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return int8 values and a float16 scale for each row of float32 weights."""
    import numpy as np

    scales = (np.abs(weights).max(axis=1, keepdims=True) / 127).astype(np.float16)
    scales[scales == 0] = 1
    numbers = np.rint(weights / scales.astype(np.float32)).clip(-127, 127).astype(np.int8)
    return numbers, scales


def main(arguments: Sequence[str]) -> int:
    """Convert, telling on standard output how far it is; 1 with a sentence where it cannot be done."""
    *options, gguf, folder = arguments
    if GIVES_WAY in options:
        os.nice(NICENESS)
    try:
        convert(Path(gguf), Path(folder), lambda done, total: _say(f"{done} of {total}"))
    except WeightsError as error:
        _say(" ".join(str(error).split()))
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
