"""处置: orders, their delivery to the network, feedback, and verification by looking."""
