"""Look whether a name, an address or a URL is still there, from where the hub or an edge stands."""
