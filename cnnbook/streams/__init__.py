"""What the chapter "Feed a network" alone uses."""
