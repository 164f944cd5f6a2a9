"""The outbox: everything owed to an endpoint, kept until it is acknowledged, in order."""
