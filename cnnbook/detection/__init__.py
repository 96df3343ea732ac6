"""The chapter "Find and name every digit in a scene": its network, its metrics, its figures."""
