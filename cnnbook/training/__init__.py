"""The guide's page on training: its figures."""
