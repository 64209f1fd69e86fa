"""Torch's default dtype belongs to the whole process, and transformers changes it while it makes a model.

A tensor that another thread makes at that moment, without naming its dtype, is of the new model's dtype: a sampler
then mixes bfloat16 with float32 and fails, or draws other numbers than the seed's. transformers itself makes such
tensors in a forward pass, so naming dtypes is not enough. Instead whoever makes a model and whoever computes with
torch take turns; so do two threads that compute with the same model, whose hooks would meet. The lock is the
process's because what it guards is.

Shorter than 25 lines because the scheduler needs the lock before torch is loaded, which every neighbour loads.
"""

from __future__ import annotations

from threading import Lock

DEFAULT_DTYPE = Lock()
"""Held while a model is made or tried, and during each step and pass of the models' thread. Not reentrant."""
