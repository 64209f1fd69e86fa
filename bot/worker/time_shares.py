"""How the worker's time is shared between tenants: whose rows are stepped, and whose pass is next.

Pure bookkeeping. Time that work took is charged to those whose it was, and whoever has had least goes first (start-time
fair queueing: Goyal et al. 1996). Nobody saves time up: who comes anew, or comes back, begins with what the one among
the others has had who had least, and has a little for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

LEAST_ROWS = 12
"""Rows that a tenant may have in the batch beside whoever has fewer: one request of /continue."""
LINGER_S = 2.0
"""Seconds for which a tenant counts as there after its last request: a job thinks between two of them."""

LEAD_S = 2.0
"""Seconds that who comes anew has for nothing: much of a short request."""


class TimeShares:
    """What each tenant has had, while several are there. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._used: dict[str, float] = {}
        self._lead: dict[str, float] = {}

    @property
    def several(self) -> bool:
        """Whether more than one tenant is there."""
        return len(self._seen) > 1

    def look(self, at_work: Collection[str]) -> None:
        """Note who has something in hand now."""
        now = self._clock()
        for tenant in at_work:
            if tenant not in self._seen:
                self._used[tenant] = min(self._used.values(), default=0.0)
                self._lead[tenant] = LEAD_S
            self._seen[tenant] = now
        for tenant in [tenant for tenant, seen in self._seen.items() if now - seen > LINGER_S]:
            del self._seen[tenant], self._used[tenant], self._lead[tenant]

    def level(self, rows: Mapping[str, int]) -> int | None:
        """How many rows of each tenant may be in the batch, where `rows` says how many the requests of each have; None
        where there is no bound. Nobody has more beside one who has fewer, but for `LEAST_ROWS`."""
        if not self.several:
            return None
        return max(LEAST_ROWS, min(rows.get(tenant, 0) for tenant in self._seen))

    def charge(self, parts: Mapping[str, float], took_s: float) -> None:
        """Charge `took_s` seconds to tenants, in proportion to their parts of the work."""
        whole = sum(parts.values())
        for tenant, part in parts.items():
            if tenant in self._used:
                had_s = took_s * part / whole
                free_s = min(had_s, self._lead[tenant])
                self._lead[tenant] -= free_s
                self._used[tenant] += had_s - free_s

    def used(self, tenant: str) -> float:
        """Seconds that a tenant has had beyond its lead: the less, the sooner it is its turn."""
        return self._used.get(tenant, 0.0) - self._lead.get(tenant, 0.0)

    def is_behind(self, tenant: str, others: Collection[str]) -> bool:
        """Tell whether a tenant has had less than each of the others."""
        return self.several and all(self.used(tenant) < self.used(other) for other in others)
