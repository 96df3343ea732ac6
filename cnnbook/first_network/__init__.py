"""The chapter "first_network": its figure."""
