"""Transfers: studies that go to a hospital's archive or are fetched from it, until all is there.

A transfer and each of its images is a row, so that it goes on where it was after whatever happens.
The worker carries them, an endpoint in a lane of its own and under that endpoint's rule; gateways
offer the ways (`ways.py`), and every change is an event that a screen can follow.
"""
