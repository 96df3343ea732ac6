"""What only the page on the arithmetic of convolutions uses."""
