"""The scripted journey: read the main study elsewhere, and see that all of it came home."""

import asyncio
import time
from typing import Any

from rich.console import Console

from crossread.commands.demo.radiologist import Failed, Person, Reading, find_task, measure
from crossread.commands.demo.stage import Stage
from crossread.commands.demo.verify import verify

__all__ = ["Failed", "act"]

READER = "bram"  # a radiologist of Midden
LOOKERS_ON = {"anna": "Noord", "dewi": "Zuid"}  # each with the worklist open
SEEN_WITHIN = 1.0  # seconds
HOME_WITHIN = 60.0


async def act(stage: Stage, console: Console) -> Reading:
    """Read and sign as a radiologist would, then compare what arrived at the hospital.

    Raises Failed where something is not as it should be.
    """
    reader = Person(stage.url, READER)
    lookers_on = {name: Person(stage.url, name) for name in LOOKERS_ON}
    heard: dict[str, list[tuple[float, dict[str, Any]]]] = {name: [] for name in LOOKERS_ON}
    await reader.sign_in()
    listening = []
    for name, person in lookers_on.items():
        await person.sign_in()
        listening.append(asyncio.create_task(person.hear(heard[name])))
    try:
        reading = await _read(stage, console, reader, heard)
        await _until_delivered(reader, reading.task_id)
        await verify(stage, reading, console)
        return reading
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for person in (reader, *lookers_on.values()):
            await person.close()


async def _read(
    stage: Stage,
    console: Console,
    reader: Person,
    heard: dict[str, list[tuple[float, dict[str, Any]]]],
) -> Reading:
    task = await find_task(reader, stage.main["accession_number"])
    task_id, path = task["id"], f"/api/tasks/{task['id']}"
    console.print("  [green]✓[/green] It is on the universal worklist; Midden may read it")
    claimed_at = time.monotonic()
    lease = await reader.call("POST", f"{path}/claim")
    held = {"token": lease["token"], "fence": lease["fence"]}
    seen = await _seen(heard, task_id, claimed_at)
    said = ", ".join(f"{LOOKERS_ON[name]} {wait * 1000:.0f} ms" for name, wait in seen.items())
    console.print(f"  [green]✓[/green] Midden claims it; the other hospitals see that: {said}")

    timeline = await reader.call("GET", f"{path}/timeline")
    priors = [one for one in timeline["studies"] if not one["current"]]
    if stage.wish.data is None and not priors:
        raise Failed("The older examination in another hospital is not on the timeline.")
    with console.status("") as status:

        def told(number: int, of: int) -> None:
            status.update(f"  The radiologist looks at image {number} of {of}")

        drawn = await measure(reader, task_id, task["study_instance_uid"], told)
    sections = {"clinical": "Parese links en dysartrie."}
    draft = await reader.call(
        "PUT", f"{path}/draft", **held, sections=sections, annotations=[drawn]
    )
    value = draft["annotations"][0]["measurements"][0]
    size = f"{value['value']:.1f} {value['unit']}".replace(".", ",")
    console.print(
        f"  [green]✓[/green] The lesion measures {size}; {len(priors)} prior(s) beside it"
    )
    sections |= {
        "technique": "CT van de hersenen zonder contrast.",
        "comparison": "CT hersenen van elders." if priors else "",
        "findings": f"Hyperdense haard van {size}, passend bij een verse bloeding.\n"
        "Geen verplaatsing van de middenlijn.",
        "impression": f"Acute intracerebrale bloeding, {size}.",
    }
    report = await reader.call(
        "POST",
        f"{path}/sign",
        **held,
        status="final",
        language="nl",
        sections=sections,
        annotations=[drawn],
    )
    console.print("  [green]✓[/green] The report is signed")
    return Reading(task_id, report["annotations"], report["sections"], report, len(priors), seen)


async def _seen(
    heard: dict[str, list[tuple[float, dict[str, Any]]]], task_id: str, since: float
) -> dict[str, float]:
    """How long after `since` each hospital heard of the claim. Raises Failed after a second."""
    seen: dict[str, float] = {}
    while len(seen) < len(heard):
        for name, told in heard.items():
            for at, event in list(told):
                if event["kind"] == "task.claimed" and event["task_id"] == task_id:
                    seen.setdefault(name, at - since)
        if time.monotonic() - since > SEEN_WITHIN and len(seen) < len(heard):
            missing = sorted(set(heard) - set(seen))
            raise Failed(f"Not seen within a second by {', '.join(missing)}.")
        await asyncio.sleep(0.01)
    return seen


async def _until_delivered(reader: Person, task_id: str) -> None:
    end = time.monotonic() + HOME_WITHIN
    while time.monotonic() < end:
        if (await reader.call("GET", f"/api/tasks/{task_id}"))["state"] == "delivered":
            return
        await asyncio.sleep(0.1)
    open_ones = [
        f"{one['kind']} ({one['last_error'] or one['state']})"
        for one in await reader.call("GET", f"/api/tasks/{task_id}/deliveries")
        if one["state"] != "acknowledged"
    ]
    raise Failed(f"Not acknowledged within {HOME_WITHIN:.0f} s: {', '.join(open_ones)}.")
