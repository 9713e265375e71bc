#!/usr/bin/env python3
"""Takes jobs from the queue and does them: each is a number of milliseconds to work."""

import os
import time

import redis

host, _, port = os.environ["QUEUE"].partition(":")
queue = redis.Redis(host, int(port), password=os.environ["PASSWORD"])
while True:
    _, job = queue.blpop("jobs")
    until = time.monotonic() + int(job) / 1000
    while time.monotonic() < until:
        pass
    queue.incr("done")
