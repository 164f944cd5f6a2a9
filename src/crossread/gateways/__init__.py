"""One folder a protocol: each translates, and holds no rule of its own."""
