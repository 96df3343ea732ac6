"""The chapter "transfer": networks trained on photographs."""
