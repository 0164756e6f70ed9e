"""Pure rules of the domain: no clock, and no input or output but reading a policy file."""
