"""The chapter "classification": digits, and what is none."""
