"""Judges: what decides whether an output is right, independent of the compiler that wrote it."""
