"""The same person over hospitals: patients, the links between them, and a person's timeline."""
