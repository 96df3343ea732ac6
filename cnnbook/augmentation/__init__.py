"""What the chapter "Make more digits out of few" alone uses."""
