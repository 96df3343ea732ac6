"""What only the pages on architecture use: their figures."""
