"""The ground: database, events, objects, jobs, clock, configuration, telemetry.

There is no word of medicine here; every room stands on this one and it imports none of them.
"""
