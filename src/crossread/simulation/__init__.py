"""Made-up hospitals, patients and images, which speak to the rest only through protocols.

Anatomy is drawn (`head`, `thorax`), turned into DICOM (`studies`) for the patients and orders of a
made-up region (`region`), and held by hospitals that each run as a process of their own
(`hospital`, steered through `console`). Nothing here knows anything else of crossread: what works
against these hospitals works against real ones as far as the protocols go.
"""
