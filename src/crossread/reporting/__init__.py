"""Reports: drafts, annotations with their measurements, signed versions."""
