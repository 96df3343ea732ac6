"""Two generators of digits: their networks, losses, training, scores and figures."""
