"""May this file go there, and how we know: per patient and source hospital (brondossier)."""
