"""First boot: what a machine does when it first starts, as cloud-init user data. The same for every cloud.

A cloud's own part is small: the script with which a machine says that it is ready.
"""
