"""All SQL about orders, and about the steps that machines perform for them."""

from crossread.orders.store.orders import (
    answer,
    found,
    lock,
    match,
    matched_among,
    note_message,
    order,
    order_for,
    order_of_study,
    save,
    studies_for,
    studies_of_order,
    to_do,
    waiting,
)
from crossread.orders.store.steps import (
    KeptStep,
    insert_step,
    locked_step,
    recent_steps,
    save_step,
    steps_of_study,
)

__all__ = [
    "KeptStep",
    "answer",
    "found",
    "insert_step",
    "lock",
    "locked_step",
    "match",
    "matched_among",
    "note_message",
    "order",
    "order_for",
    "order_of_study",
    "recent_steps",
    "save",
    "save_step",
    "steps_of_study",
    "studies_for",
    "studies_of_order",
    "to_do",
    "waiting",
]
