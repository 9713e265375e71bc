"""Counts its visitors in Redis."""

import os

from flask import Flask
from redis import Redis

app = Flask(__name__)
store = Redis(host=os.environ["REDIS_HOST"], port=int(os.environ["REDIS_PORT"]))


@app.route("/")
def visit() -> str:
    return f"Visit number {store.incr('visits')}\n"


app.run(host="0.0.0.0", port=8000)
