"""DICOM: images in by C-STORE, questions and retrieval, SR and presentation states out."""
