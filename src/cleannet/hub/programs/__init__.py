"""恶意程序: Malicious programs, what betrays them, and the releases of the watchlist."""
