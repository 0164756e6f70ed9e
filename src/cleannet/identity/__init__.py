"""Which sample is like which: pure, over what it is handed; numpy for many at once."""
