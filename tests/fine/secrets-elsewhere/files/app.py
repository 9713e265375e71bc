import os

password = os.environ["PASSWORD"]
token = token_of(password)
secret = settings.secret
connection = connect(user="app", password=password, token=None)


def check(password: str, token: string = "") -> bool:
    return password == "" or f"token={token}" in {"password": ""}
