"""The tests. Each, and the programs that it starts, computes on one thread: several run side by side, and threads of
torch that wait for each other take the cores from all."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported, which reads it once
