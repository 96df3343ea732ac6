"""What the guide's page on convolution draws, and nothing else uses."""
