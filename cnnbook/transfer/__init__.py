"""The chapter "transfer": networks trained on photographs, and its figure."""
