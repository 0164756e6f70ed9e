"""单位: The register of parties, people, tokens and the laws the hub adopts."""
