"""Signals in a test process that has loaded many libraries."""

from __future__ import annotations

import ctypes
import sys


class _SignalStack(ctypes.Structure):
    """`stack_t` of Linux."""

    _fields_ = (("sp", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def forget_alternate_stack() -> None:
    """Let signals be handled on this thread's own stack.

    OpenVINO's CPU plugin gives the thread an alternate signal stack and frees it with its pipeline, without taking it
    back; the next signal that Python handles would crash the process. Only Linux builds were seen to do it.
    """
    if sys.platform == "linux":
        disabled = _SignalStack(None, 2, 0)  # SS_DISABLE
        ctypes.CDLL(None).sigaltstack(ctypes.byref(disabled), None)
