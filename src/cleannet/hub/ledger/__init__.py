"""台账: what was done, by whom, when, and what follows from it; append-only, sealed and provable."""
