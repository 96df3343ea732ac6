"""What the chapter on pooling alone uses."""
