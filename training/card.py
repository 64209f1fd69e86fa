from __future__ import annotations
def model_card() -> str: return ""
