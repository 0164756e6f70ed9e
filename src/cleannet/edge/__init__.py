"""The program an operator runs beside its logs: read, match, count, report."""
