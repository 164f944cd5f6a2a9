"""Who owes whom for what was read, as the agreement says."""
