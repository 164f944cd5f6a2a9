"""All SQL of transfers, a file for each of its subjects."""

from crossread.transfers.store import items, rules, transfers

__all__ = ["items", "rules", "transfers"]
