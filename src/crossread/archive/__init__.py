"""Images: received, indexed, kept as they came, and given back bit for bit."""
