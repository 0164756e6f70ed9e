"""文书: Official forms, issued once and kept as they were issued."""
