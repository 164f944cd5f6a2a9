"""The word that goes with an export, in Dutch and in English; it names no patient."""

from datetime import datetime

_DUTCH = """\
RADIOLOGISCH ONDERZOEK

Deze map bevat een radiologisch onderzoek in DICOM-vorm: {images} beelden en andere
objecten in {series} series, uit het archief van {hospital}.
Gemaakt op {day} met crossread.

  Hoe opent u het?
  - Zorgverlener: lees de map in uw PACS in, of open het bestand DICOMDIR met een
    DICOM-viewer. Pak een ZIP eerst helemaal uit.
  - Patient: geef de map of het ZIP-bestand aan uw zorgverlener. Een gewone
    fotoviewer kan deze bestanden niet tonen.

  Let op: de bestanden bevatten uw persoonsgegevens. Bewaar ze zorgvuldig.
"""
_DUTCH_KEPT = """\
  {kept} bestanden staan hier in hun eigen, gecomprimeerde vorm.
"""
_ENGLISH = """\
RADIOLOGICAL EXAMINATION

This folder holds a radiological examination in DICOM form: {images} images and other
objects in {series} series, from the archive of {hospital}.
Made on {day} with crossread.

  How to open it?
  - Professionals: import the folder into your PACS, or open the file DICOMDIR with a
    DICOM viewer. Unpack a ZIP as a whole first.
  - Patients: give the folder or the ZIP file to your caregiver. An ordinary picture
    viewer cannot show these files.

  Note: the files hold personal data. Keep them with care.
"""
_ENGLISH_KEPT = """\
  {kept} files stand here in their own, compressed form.
"""


def readme(hospital: str, images: int, series: int, kept: int, now: datetime) -> bytes:
    """README.TXT; `kept`: how many files could not be written uncompressed."""
    text = _DUTCH + (_DUTCH_KEPT if kept else "")
    text += "\n" + "-" * 78 + "\n\n" + _ENGLISH + (_ENGLISH_KEPT if kept else "")
    filled = text.format(
        hospital=hospital, images=images, series=series, kept=kept, day=f"{now:%Y-%m-%d}"
    )
    return filled.replace("\n", "\r\n").encode("utf-8")
