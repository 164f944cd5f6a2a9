"""Who saw or did what, to whose file, and on which ground (NEN 7513)."""
