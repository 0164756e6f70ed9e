"""CleanNet 清网: from an operator's logs to a verified takedown, by the letter of the law."""
