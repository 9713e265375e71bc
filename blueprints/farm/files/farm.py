#!/usr/bin/env python3
"""Reserves jobs from the scheduler, runs each for as long as it says, and deletes it."""

import os
import socket
import time

host, _, port = os.environ["SCHEDULER"].partition(":")
while True:
    try:
        with socket.create_connection((host, int(port))) as connection, connection.makefile("rwb") as stream:
            while True:
                stream.write(b"reserve\r\n")
                stream.flush()
                _, job, size = stream.readline().split()
                seconds = float(stream.read(int(size) + 2))
                time.sleep(seconds)
                stream.write(b"delete %s\r\n" % job)
                stream.flush()
                stream.readline()
    except (OSError, ValueError) as error:
        print("scheduler:", error)
        time.sleep(5)
