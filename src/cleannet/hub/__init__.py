"""The hub: the Django project that people and machines work with."""
