"""The law as data: one TOML file per document, with its cases beside it."""
