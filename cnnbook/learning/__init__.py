"""The chapter "learning": its figure."""
