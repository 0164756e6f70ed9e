"""Bytes in or out: pure functions, no sockets."""
