"""What is raised for a wrong call, as against a wrong blueprint, whose mistakes are diagnostics."""


class UsageError(ValueError):
    """What was asked for does not exist or cannot be used: a target, a sample, a code, a flavor, a folder."""
