"""Let time pass: run what is due, in lanes, until told to stop."""
