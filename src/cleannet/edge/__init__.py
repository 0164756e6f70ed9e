"""The edge: read an operator's logs, match, count and report; phone numbers never leave it."""
