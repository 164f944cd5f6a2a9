"""Whether the books of an archive are right: its rows, its objects, and each byte of them."""

from crossread.archive import retrieve
from crossread.archive.store.instances import instance_of
from crossread.platform.database import Database, Row
from crossread.platform.objects import Objects

_PACKS = """
    select p.object_key, p.sealed_at is not null as sealed, count(i.id)::int as instances,
           coalesce(sum(i.bytes), 0)::bigint as bytes,
           coalesce(max(i.start + i.bytes), 0)::bigint as ends,
           count(*) filter (where i.study_id is distinct from p.study_id) as strangers
    from archive.pack p
    left join archive.instance i on i.pack_id = p.id
    group by p.id
"""
_COUNTS = """
    select s.id
    from archive.study s
    left join archive.instance i on i.study_id = s.id
    group by s.id
    having s.instance_count <> count(i.id)
        or s.bytes <> coalesce(sum(i.bytes), 0)
        or s.series_count <> (select count(*) from archive.series e where e.study_id = s.id)
        or s.instance_count <> (
            select sum(e.instance_count) from archive.series e where e.study_id = s.id
        )
"""
_INSTANCES = """
    select i.*, s.series_instance_uid, p.object_key
    from archive.instance i
    join archive.series s on s.id = i.series_id
    left join archive.pack p on p.id = i.pack_id
    order by i.pack_id, i.start
"""


async def faults(database: Database, objects: Objects) -> list[str]:
    """Every sentence that says what is wrong, once the sweep has been; none when all is right."""
    async with database.transaction() as db:
        packs = await (await db.execute(_PACKS)).fetchall()
        miscounted = await (await db.execute(_COUNTS)).fetchall()
        rows = await (await db.execute(_INSTANCES)).fetchall()
    sizes = {one.key: one.size async for one in objects.list("images")}
    wrong = [f"study {row['id']} is miscounted" for row in miscounted]
    wrong += [sentence for pack in packs for sentence in _of_pack(pack, sizes)]
    known = {pack["object_key"] for pack in packs}
    wrong += [
        f"{key} ({size} bytes) is nobody's" for key, size in sizes.items() if key not in known
    ]
    for row in rows:
        instance = instance_of(row)
        try:
            await retrieve.file(objects, instance)
        except Exception as error:  # any of them is what we look for
            wrong.append(f"{instance.id} does not read back: {type(error).__name__}")
    return wrong


def _of_pack(pack: Row, sizes: dict[str, int]) -> list[str]:
    key, size = pack["object_key"], sizes.get(pack["object_key"])
    if size is None:
        return [f"{key} is in the index and has no object"]
    wrong = []
    if not pack["sealed"]:
        wrong.append(f"{key} is open")
    if not pack["instances"]:
        wrong.append(f"{key} holds no instance")
    if pack["strangers"]:
        wrong.append(f"{key} holds instances of another study")
    if not pack["bytes"] == pack["ends"] == size:
        wrong.append(
            f"{key} has {size} bytes, of which {pack['bytes']} are instances' up to {pack['ends']}"
        )
    return wrong
