"""Programs of the chapter "Use more than one machine"."""
