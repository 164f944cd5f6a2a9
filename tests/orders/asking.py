"""What is needed to ask for a study, with good defaults."""

from datetime import UTC, date, datetime
from typing import Any

from crossread.archive import store as archive
from crossread.archive.model import Study, StudyState, study_id
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital, Urgency
from crossread.orders.model import Control, OrderedPatient, OrderRequest
from crossread.platform.database import Connection

ASKED_AT = datetime(2026, 11, 24, 11, 55, tzinfo=UTC)


async def joined(db: Connection, hospital: str = "noord") -> None:
    """A hospital takes part."""
    await hospitals.save_hospital(
        db, Hospital(hospital, hospital.title(), patient_issuers=(hospital.upper(),))
    )


def asked(**said: Any) -> OrderRequest:
    """A request for an acute CT of the head."""
    values: dict[str, Any] = {
        "hospital_id": "noord",
        "control_id": "1",
        "control": Control.PLACE,
        "patient": OrderedPatient("N1", "", None, "Jansen^Anna", date(1950, 1, 1), "F"),
        "accession_number": "A1",
        "placer_number": "P1",
        "filler_number": "F1",
        "study_instance_uid": "",
        "procedure_code": "CTSCH",
        "procedure_text": "CT schedel blanco",
        "procedure_system": "L",
        "modality": "CT",
        "urgency": Urgency.ACUTE,
        "question": "Bloeding?",
        "referrer": "Bakker^Piet",
        "requested_at": ASKED_AT,
    }
    return OrderRequest(**values | said)


async def arrived(db: Connection, **said: Any) -> Study:
    """A study that lies in the archive."""
    values: dict[str, Any] = {
        "hospital_id": "noord",
        "study_instance_uid": "2.25.1",
        "state": StudyState.AT_REST,
        "accession_number": "A1",
        "patient_number": "N1",
        "issuer": "NOORD",
        "patient_name": "Jansen^Anna",
        "birth_date": date(1950, 1, 1),
        "sex": "F",
        "study_at": None,
        "description": "",
        "modalities": ("CT",),
        "body_part": "",
        "sending_application": "",
        "series_count": 1,
        "instance_count": 1,
        "bytes": 1,
        "first_received_at": ASKED_AT,
        "last_received_at": ASKED_AT,
        "rests": 1,
    } | said
    study = Study(id=study_id(values["hospital_id"], values["study_instance_uid"]), **values)
    await archive.lock_study(db, study)
    return study
