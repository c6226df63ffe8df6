"""A mail server of one connection that says what a test wants."""

from __future__ import annotations

import socket
import threading


def serve_smtp(answer: str) -> int:
    """Listen for one dialogue and return the port.

    `answer`: ok, 550 or 451 (the recipient is refused), 535 (the sign-in is refused),
    drop (the line goes dead after the mail).
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    threading.Thread(target=_dialogue, args=(listener, answer), daemon=True).start()
    return int(listener.getsockname()[1])


def _dialogue(listener: socket.socket, answer: str) -> None:
    with listener, listener.accept()[0] as line:
        reader = line.makefile("rb")
        line.sendall(b"220 test\r\n")
        for command in iter(reader.readline, b""):
            word = command[:4].upper().strip()
            if word == b"DATA":
                line.sendall(b"354 go on\r\n")
                while reader.readline() != b".\r\n":
                    pass
                if answer == "drop":
                    return
                line.sendall(b"250 taken\r\n")
            elif word == b"QUIT":
                line.sendall(b"221 bye\r\n")
                return
            else:
                line.sendall(_reply(word, answer))


def _reply(word: bytes, answer: str) -> bytes:
    if word == b"EHLO":
        return b"250-test\r\n250 AUTH PLAIN\r\n"
    if word == b"AUTH":
        return b"535 no\r\n"
    if word == b"RCPT" and answer in ("550", "451"):
        return f"{answer} no\r\n".encode()
    return b"250 ok\r\n"
