"""Studies on media (PS3.10, PS3.12): a ZIP with a DICOMDIR out, and any folder or ZIP in."""
