"""Reading tasks: what is to be read, for whom, by whom, and where each stands."""
