"""The shop: counts visits in its database, and says whether it is ready."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, text = 200, self.answer()
        except psycopg2.Error as error:
            status, text = 503, f"the database does not answer: {error}\n"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def answer(self):
        with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            if self.path == "/ready":
                return "ready\n"
            cursor.execute("INSERT INTO visits DEFAULT VALUES RETURNING number")
            return f"Welcome, visitor {cursor.fetchone()[0]}.\n"


ThreadingHTTPServer(("", 8080), Shop).serve_forever()
