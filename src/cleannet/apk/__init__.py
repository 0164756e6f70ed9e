"""Static analysis of one sample, in a process of its own: one file in, one assessment out. No sample is ever run."""
