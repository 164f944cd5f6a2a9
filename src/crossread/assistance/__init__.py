"""Help with the work: standard names for what hospitals call their procedures."""
