"""SQL of what queries may ask of a study and its series."""

from psycopg.types.json import Jsonb

from crossread.archive.details import Details
from crossread.archive.model import Series
from crossread.platform.database import Connection


async def describe(db: Connection, series: Series, sop_class_uid: str, said: Details) -> None:
    """Write down what an image says of its series, and of its study where that was silent."""
    await db.execute(
        """
        update archive.series
        set series_at = coalesce(series_at, %s),
            step_started_at = coalesce(step_started_at, %s),
            step_number = coalesce(nullif(step_number, ''), %s),
            protocol = coalesce(nullif(protocol, ''), %s),
            manufacturer = coalesce(nullif(manufacturer, ''), %s),
            model = coalesce(nullif(model, ''), %s),
            station = coalesce(nullif(station, ''), %s),
            institution = coalesce(nullif(institution, ''), %s),
            laterality = coalesce(nullif(laterality, ''), %s),
            requests = coalesce(nullif(requests, '[]'), %s)
        where id = %s
        """,
        (
            said.series_at,
            said.step_started_at,
            said.step_number,
            said.protocol,
            said.manufacturer,
            said.model,
            said.station,
            said.institution,
            said.laterality,
            Jsonb(said.requests),
            series.id,
        ),
    )
    await db.execute(
        """
        update archive.study
        set study_number = coalesce(nullif(study_number, ''), %(study_number)s),
            referring_physician = coalesce(nullif(referring_physician, ''), %(referrer)s),
            other_patient_numbers = coalesce(nullif(other_patient_numbers, '{}'), %(others)s),
            timezone = coalesce(nullif(timezone, ''), %(timezone)s),
            procedure_codes = coalesce(nullif(procedure_codes, '[]'), %(codes)s),
            referenced_studies = coalesce(nullif(referenced_studies, '[]'), %(references)s),
            sop_classes = case
                when %(sop_class)s = any(sop_classes) then sop_classes
                else sop_classes || %(sop_class)s::text
            end
        where id = %(study)s
        """,
        {
            "study_number": said.study_number,
            "referrer": said.referring_physician,
            "others": said.other_patient_numbers,
            "timezone": said.timezone,
            "codes": Jsonb(said.procedure_codes),
            "references": Jsonb(said.referenced_studies),
            "sop_class": sop_class_uid,
            "study": series.study_id,
        },
    )
