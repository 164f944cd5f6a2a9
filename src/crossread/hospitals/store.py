"""All SQL about hospitals, endpoints, readers and agreements."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from crossread.hospitals.model import (
    Agreement,
    Endpoint,
    EndpointKind,
    Form,
    Hospital,
    Keeping,
    Key,
    Purpose,
    Reader,
    Right,
    Role,
    Urgency,
    Wish,
)
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


async def save_hospital(db: Connection, hospital: Hospital) -> None:
    """Add a hospital, or change what is known of it."""
    await db.execute(
        """
        insert into hospitals.hospital (id, name, ura, agb, oid_root)
        values (%s, %s, %s, %s, %s)
        on conflict (id) do update
        set name = excluded.name, ura = excluded.ura, agb = excluded.agb,
            oid_root = excluded.oid_root
        """,
        (hospital.id, hospital.name, hospital.ura, hospital.agb, hospital.oid_root),
    )
    for namespace in hospital.patient_issuers:
        await db.execute(
            """
            insert into hospitals.issuer (hospital_id, kind, namespace)
            values (%s, 'patient', %s)
            on conflict do nothing
            """,
            (hospital.id, namespace),
        )


async def hospitals(db: Connection) -> list[Hospital]:
    """All hospitals that take part, by name."""
    cursor = await db.execute(
        """
        select h.id, h.name, coalesce(h.ura, '') as ura, coalesce(h.agb, '') as agb,
               coalesce(h.oid_root, '') as oid_root,
               array(
                   select i.namespace
                   from hospitals.issuer i
                   where i.hospital_id = h.id and i.kind = 'patient'
                   order by i.namespace
               ) as patient_issuers
        from hospitals.hospital h
        order by h.name
        """
    )
    return [
        Hospital(
            row["id"],
            row["name"],
            row["ura"],
            row["agb"],
            row["oid_root"],
            tuple(row["patient_issuers"]),
        )
        for row in await cursor.fetchall()
    ]


async def hospital(db: Connection, hospital_id: str) -> Hospital:
    """One hospital. Raises NotFound."""
    for found in await hospitals(db):
        if found.id == hospital_id:
            return found
    raise NotFound(f"No hospital is called '{hospital_id}'. `crossread hospital list` shows all.")


async def own_issuer(db: Connection, hospital_id: str) -> str:
    """The namespace of patient numbers for which a hospital names no issuer."""
    cursor = await db.execute(
        """
        select namespace
        from hospitals.issuer
        where hospital_id = %s and kind = 'patient'
        order by namespace
        limit 1
        """,
        (hospital_id,),
    )
    row = await cursor.fetchone()
    return row["namespace"] if row else hospital_id.upper()


async def save_endpoint(db: Connection, endpoint: Endpoint) -> None:
    """Add an endpoint, or change its address; how it is secured stays (`secure_endpoint`)."""
    await db.execute(
        """
        insert into hospitals.endpoint
            (id, hospital_id, kind, host, port, application, facility, active,
             tls, networks, certificates, url, key)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::cidr[], %s, %s, %s)
        on conflict (id) do update
        set host = excluded.host, port = excluded.port, application = excluded.application,
            facility = excluded.facility, active = excluded.active, url = excluded.url,
            key = excluded.key
        """,
        (
            endpoint.id,
            endpoint.hospital_id,
            endpoint.kind,
            endpoint.host,
            endpoint.port,
            endpoint.application,
            endpoint.facility,
            endpoint.active,
            endpoint.tls,
            list(endpoint.networks),
            list(endpoint.certificates),
            endpoint.url,
            endpoint.key,
        ),
    )


async def secure_endpoint(db: Connection, endpoint: Endpoint) -> None:
    """Change over what an endpoint is reached, and how it is known when it calls."""
    await db.execute(
        """
        update hospitals.endpoint
        set tls = %s, networks = %s::cidr[], certificates = %s
        where id = %s
        """,
        (endpoint.tls, list(endpoint.networks), list(endpoint.certificates), endpoint.id),
    )


async def endpoints(
    db: Connection, hospital_id: str | None = None, kind: EndpointKind | None = None
) -> list[Endpoint]:
    """Active endpoints, of one hospital or of all."""
    cursor = await db.execute(
        f"""
        {_ENDPOINT}
        where active
          and (%(hospital)s::text is null or hospital_id = %(hospital)s)
          and (%(kind)s::text is null or kind = %(kind)s)
        order by id
        """,
        {"hospital": hospital_id, "kind": kind},
    )
    return [_endpoint(row) for row in await cursor.fetchall()]


async def endpoint(db: Connection, endpoint_id: str) -> Endpoint:
    """One endpoint. Raises NotFound."""
    cursor = await db.execute(
        f"""
        {_ENDPOINT}
        where id = %s
        """,
        (endpoint_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no endpoint '{endpoint_id}'.")
    return _endpoint(row)


async def endpoint_by_application(
    db: Connection, kind: EndpointKind, application: str, facility: str | None = None
) -> Endpoint | None:
    """The first of `endpoints_by_application`, if there is any."""
    found = await endpoints_by_application(db, kind, application, facility)
    return found[0] if found else None


async def endpoints_by_application(
    db: Connection, kind: EndpointKind, application: str, facility: str | None = None
) -> list[Endpoint]:
    """All that have this AE title, or this HL7 application (and facility)."""
    cursor = await db.execute(
        f"""
        {_ENDPOINT}
        where active and kind = %(kind)s and application = %(application)s
          and (%(facility)s::text is null or facility = %(facility)s)
        order by id
        """,
        {"kind": kind, "application": application, "facility": facility},
    )
    return [_endpoint(row) for row in await cursor.fetchall()]


async def wish(db: Connection, endpoint_id: str, subject: Wish) -> None:
    """An endpoint asks to be told of something; a second time changes nothing."""
    await db.execute(
        """
        insert into hospitals.subscription (endpoint_id, subject)
        values (%s, %s)
        on conflict do nothing
        """,
        (endpoint_id, subject),
    )


async def wish_no_more(db: Connection, endpoint_id: str, subject: Wish) -> None:
    """An endpoint need not be told of something any more."""
    await db.execute(
        "delete from hospitals.subscription where endpoint_id = %s and subject = %s",
        (endpoint_id, subject),
    )


async def who_wish(db: Connection, hospital_id: str, subject: Wish) -> list[Endpoint]:
    """A hospital's active endpoints that ask to be told of something."""
    cursor = await db.execute(
        "select endpoint_id from hospitals.subscription where subject = %s", (subject,)
    )
    wishing = {row["endpoint_id"] for row in await cursor.fetchall()}
    return [one for one in await endpoints(db, hospital_id) if one.id in wishing]


async def save_reader(db: Connection, reader: Reader, password_hash: str | None) -> None:
    """Add somebody, or change her name, roles and password; no password leaves the old one."""
    await db.execute(
        """
        insert into hospitals.reader
            (id, hospital_id, username, name, roles, subspecialties, password_hash)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (username) do update
        set name = excluded.name, roles = excluded.roles,
            subspecialties = excluded.subspecialties,
            password_hash = coalesce(excluded.password_hash, hospitals.reader.password_hash)
        """,
        (
            reader.id,
            reader.hospital_id,
            reader.username,
            reader.name,
            sorted(reader.roles),
            sorted(reader.subspecialties),
            password_hash,
        ),
    )


async def readers(db: Connection) -> list[Reader]:
    """Everybody with a sign-in."""
    cursor = await db.execute(f"{_READER} where active order by hospital_id, username")
    return [_reader(row) for row in await cursor.fetchall()]


async def reader(db: Connection, reader_id: UUID) -> Reader:
    """One reader. Raises NotFound."""
    cursor = await db.execute(f"{_READER} where id = %s and active", (reader_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This person has no sign-in any more.", cause=str(reader_id))
    return _reader(row)


async def reader_by_username(db: Connection, username: str) -> tuple[Reader, str | None] | None:
    """Somebody and the hash of her password, by the name she signs in with."""
    cursor = await db.execute(f"{_READER} where username = %s and active", (username,))
    row = await cursor.fetchone()
    return (_reader(row), row["password_hash"]) if row else None


async def reader_by_subject(db: Connection, issuer: str, subject: str) -> Reader | None:
    """Somebody by what the hospital's identity provider calls her (OIDC `iss` and `sub`)."""
    cursor = await db.execute(
        f"{_READER} where oidc_issuer = %s and oidc_subject = %s and active", (issuer, subject)
    )
    row = await cursor.fetchone()
    return _reader(row) if row else None


async def bind_subject(db: Connection, reader_id: UUID, issuer: str, subject: str) -> None:
    """Remember what the identity provider calls this reader."""
    await db.execute(
        "update hospitals.reader set oidc_issuer = %s, oidc_subject = %s where id = %s",
        (issuer, subject, reader_id),
    )


async def save_agreement(db: Connection, agreement: Agreement) -> None:
    """Add a version of an agreement; a version that is there is never changed."""
    await db.execute(
        """
        insert into hospitals.agreement (
            id, version, source_hospital_id, reading_hospital_ids, purposes, modalities, form,
            minutes_by_urgency, tariff_cents, needs_consent, starts_at, ends_at,
            keeping, cache_days
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (id, version) do nothing
        """,
        (
            agreement.id,
            agreement.version,
            agreement.source_hospital_id,
            list(agreement.reading_hospital_ids),
            sorted(agreement.purposes),
            sorted(agreement.modalities),
            agreement.form,
            Jsonb({str(key): value for key, value in agreement.minutes_by_urgency.items()}),
            agreement.tariff_cents,
            agreement.needs_consent,
            agreement.starts_at,
            agreement.ends_at,
            agreement.keeping,
            agreement.cache_days,
        ),
    )


async def latest_version(db: Connection, agreement_id: str) -> int:
    """The number of the newest version of an agreement; 0 when there is none."""
    cursor = await db.execute(
        "select coalesce(max(version), 0) as version from hospitals.agreement where id = %s",
        (agreement_id,),
    )
    row = await cursor.fetchone()
    return int(row["version"]) if row else 0


async def agreements_of(
    db: Connection, source_hospital_ids: Sequence[str], at: datetime
) -> list[Agreement]:
    """The newest version in force of each agreement of these source hospitals."""
    cursor = await db.execute(
        """
        select distinct on (id) *
        from hospitals.agreement
        where source_hospital_id = any(%s) and starts_at <= %s
        order by id, version desc
        """,
        (list(source_hospital_ids), at),
    )
    found = [_agreement(row) for row in await cursor.fetchall()]
    return [one for one in found if one.ends_at is None or at < one.ends_at]


async def agreement(db: Connection, agreement_id: str, version: int) -> Agreement:
    """One version of an agreement. Raises NotFound."""
    cursor = await db.execute(
        "select * from hospitals.agreement where id = %s and version = %s",
        (agreement_id, version),
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no version {version} of agreement '{agreement_id}'.")
    return _agreement(row)


async def insert_key(db: Connection, key: Key, key_digest: bytes) -> None:
    """Add a key."""
    await db.execute(
        """
        insert into hospitals.key (digest, id, hospital_id, label, rights, made_at)
        values (%s, %s, %s, %s, %s, %s)
        """,
        (key_digest, key.id, key.hospital_id, key.label, sorted(key.rights), key.made_at),
    )


async def key_by_digest(db: Connection, key_digest: bytes) -> Key | None:
    """The key with this digest, if it was not revoked."""
    cursor = await db.execute(f"{_KEY} where digest = %s and revoked_at is null", (key_digest,))
    row = await cursor.fetchone()
    return _key(row) if row else None


async def keys(db: Connection, hospital_id: str) -> list[Key]:
    """All keys that a hospital ever had, the oldest first."""
    cursor = await db.execute(f"{_KEY} where hospital_id = %s order by made_at", (hospital_id,))
    return [_key(row) for row in await cursor.fetchall()]


async def revoke_key(db: Connection, hospital_id: str, key_id: str, now: datetime) -> bool:
    """End a key; False when there is none that counts."""
    cursor = await db.execute(
        """
        update hospitals.key
        set revoked_at = %s
        where hospital_id = %s and id = %s and revoked_at is null
        """,
        (now, hospital_id, key_id),
    )
    return cursor.rowcount == 1


_ENDPOINT = """
    select id, hospital_id, kind, host, port, application, facility, active,
           tls, networks::text[] as networks, certificates, url, key
    from hospitals.endpoint
"""

_KEY = """
    select id, hospital_id, label, rights, made_at, revoked_at
    from hospitals.key
"""

_READER = """
    select id, hospital_id, username, name, roles, subspecialties, password_hash
    from hospitals.reader
"""


def _endpoint(row: Row) -> Endpoint:
    return Endpoint(
        row["id"],
        row["hospital_id"],
        EndpointKind(row["kind"]),
        row["host"],
        row["port"],
        row["application"],
        row["facility"],
        row["active"],
        row["tls"],
        tuple(row["networks"]),
        tuple(row["certificates"]),
        row["url"],
        row["key"],
    )


def _reader(row: Row) -> Reader:
    return Reader(
        row["id"],
        row["hospital_id"],
        row["username"],
        row["name"],
        frozenset(Role(role) for role in row["roles"]),
        frozenset(row["subspecialties"]),
    )


def _agreement(row: Row) -> Agreement:
    return Agreement(
        id=row["id"],
        version=row["version"],
        source_hospital_id=row["source_hospital_id"],
        reading_hospital_ids=tuple(row["reading_hospital_ids"]),
        purposes=frozenset(Purpose(purpose) for purpose in row["purposes"]),
        modalities=frozenset(row["modalities"]),
        form=Form(row["form"]),
        minutes_by_urgency={
            Urgency(key): minutes for key, minutes in row["minutes_by_urgency"].items()
        },
        tariff_cents=row["tariff_cents"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        needs_consent=row["needs_consent"],
        keeping=Keeping(row["keeping"]),
        cache_days=row["cache_days"],
    )


def _key(row: Row) -> Key:
    return Key(
        row["id"],
        row["hospital_id"],
        row["label"],
        frozenset(Right(right) for right in row["rights"]),
        row["made_at"],
        row["revoked_at"],
    )
