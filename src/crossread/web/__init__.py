"""The HTTP application: sign-in, live feed, the rooms' routes, and the reading room itself."""
