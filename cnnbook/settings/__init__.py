"""The chapter "settings": its figure."""
