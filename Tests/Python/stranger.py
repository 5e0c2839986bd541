"""A stranger at a relay's port for peers: knocks in every wrong way and prints what it gets, a line each: `NAME ANSWER`, the answer in hex or in words.

stranger.py PORT CERTIFICATE KEY WAY...
"""
import os, socket, ssl, sys

port, certificate, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def context(alpn="fairlead/1", has_certificate=True, newest=ssl.TLSVersion.TLSv1_3):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode, made.maximum_version = False, ssl.CERT_NONE, newest
    if has_certificate: made.load_cert_chain(certificate, key)
    made.set_alpn_protocols([alpn])
    return made

def plain(source="127.0.0.1"):
    made = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
    return made

def answer(stream, says=b""):
    """What comes until the other side hangs up."""
    got = b""
    try:
        if says: stream.sendall(says)
        while True:
            more = stream.recv(4096)
            if not more: return got.hex() or "nothing"
            got += more
    except ssl.SSLError as error: return "refused " + (error.reason or "")
    except ConnectionError: return got.hex() or "nothing"

def shaken(made, says=b"", source="127.0.0.1"):
    try: return answer(made.wrap_socket(plain(source)), says)
    except ssl.SSLError as error: return "refused " + (error.reason or "")
    except ConnectionError: return "refused"

def pair():
    body = bytes([3, 32]) + os.urandom(32) + bytes([5, 1]) + b"x"
    return bytes([len(body) + 1, 13]) + body

def too_many():
    """So many that say nothing, and one more: how many are left waiting, and what the last one got."""
    mute = [plain() for _ in range(64)]
    last = answer(plain())
    waiting = 0
    for one in mute:
        one.setblocking(False)
        try:
            if one.recv(1): pass
        except BlockingIOError: waiting += 1
    return f"{waiting} wait, the last got {last}"

ways = {
    "tls12": lambda: shaken(context(newest=ssl.TLSVersion.TLSv1_2)),
    "another-protocol": lambda: shaken(context(alpn="http/1.1")),
    "no-certificate": lambda: shaken(context(has_certificate=False)),
    "no-tls": lambda: answer(plain(), b"NICK anna\r\n" + bytes(range(256))),
    "silent": lambda: shaken(context()),
    "hello": lambda: shaken(context(), bytes.fromhex("0f010200040307081122334455667788")),
    "ping": lambda: shaken(context(), bytes([9, 9]) + b"12345678"),
    "wrong-proof": lambda: shaken(context(), pair()),
    "too-many": too_many,
    "guesses-elsewhere": lambda: " ".join(sorted({shaken(context(), pair(), "127.0.0.2") for _ in range(8)})),
}
for way in sys.argv[4:]: print(way, ways[way](), flush=True)
