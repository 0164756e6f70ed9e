"""The places on the network that the hub brings orders to, one module each, as the settings name them."""
