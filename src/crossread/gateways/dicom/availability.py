"""Instance Availability Notification: a hospital's system hears what it can retrieve (PS3.4 R)."""

from collections.abc import Sequence
from uuid import NAMESPACE_OID, uuid5

from pydicom import Dataset

from crossread.archive.model import Instance, Study
from crossread.gateways.dicom.notice import Message, Notice

SOP_CLASS = "1.2.840.10008.5.1.4.33"
STEP_CLASS = "1.2.840.10008.3.1.2.3.3"


def notice(
    study: Study,
    instances: Sequence[Instance],
    *,
    ours: str,
    steps: Sequence[str],
    cause: str,
) -> Notice | None:
    """What can be retrieved of a study from `ours`; None when there is nothing to speak of.

    The same cause gives the same SOP Instance UID, so that a repeat is known. Nothing but what
    Table R.3.2-1 names may be in it.
    """
    by_series: dict[str, list[Dataset]] = {}
    for instance in instances:
        if not instance.rejection:
            known = by_series.setdefault(instance.series_instance_uid, [])
            known.append(_reference(study, instance, ours))
    if not by_series:
        return None
    content = Dataset()
    content.StudyInstanceUID = study.study_instance_uid
    # one step or none: which of several made which image is not known here
    content.ReferencedPerformedProcedureStepSequence = [
        _step(one) for one in steps if len(steps) == 1
    ]
    content.ReferencedSeriesSequence = []
    for uid, references in by_series.items():
        series = Dataset()
        series.SeriesInstanceUID = uid
        series.ReferencedSOPSequence = references
        content.ReferencedSeriesSequence.append(series)
    uid = f"2.25.{uuid5(NAMESPACE_OID, f'crossread/availability/{study.id}/{cause}').int}"
    return Notice(Message.CREATE, SOP_CLASS, uid, content)


def _reference(study: Study, instance: Instance, ours: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = instance.sop_class_uid
    item.ReferencedSOPInstanceUID = instance.sop_instance_uid
    item.InstanceAvailability = _availability(study, instance)
    item.RetrieveAETitle = ours
    return item


def _availability(study: Study, instance: Instance) -> str:
    """How soon it can be had (PS3.3 C.4.23.1.1): what the cache gave up is fetched when asked."""
    if instance.pack_id is not None:
        return "ONLINE"
    return "NEARLINE" if study.availability == "nearline" else "UNAVAILABLE"


def _step(sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = STEP_CLASS
    item.ReferencedSOPInstanceUID = sop_instance_uid
    item.PerformedWorkitemCodeSequence = []
    return item
