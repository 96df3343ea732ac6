"""What the chapter on the loss alone uses."""
