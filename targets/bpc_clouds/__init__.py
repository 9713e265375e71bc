"""The clouds behind the lifecycle: a package for each, the only code that talks to a cloud.

A cloud knows what a target made for it (`bpc.target`), and no stage of the compiler, no target and no other cloud.
"""
