"""The chapter "text": names of places, and the language they are in."""
