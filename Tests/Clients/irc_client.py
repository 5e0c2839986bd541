#!/usr/bin/env python3
"""A client of Python's standard library alone: joins, says one line, and prints what comes until somebody says `bye`.

    irc_client.py PORT NICK CHANNEL TEXT
"""
import socket
import sys

port, nick, channel, text = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
connection = socket.create_connection(("127.0.0.1", port), timeout=60)
lines = connection.makefile("r", encoding="utf-8", newline="\r\n")


def send(line):
    connection.sendall((line + "\r\n").encode())


send(f"NICK {nick}")
send(f"USER {nick} 0 * :{nick}")
for line in lines:
    line = line.rstrip("\r\n")
    print(line, flush=True)
    words = line.split(" ")
    if words[0] == "PING":
        send("PONG " + words[1])
    elif words[1] in ("376", "422"):
        send("JOIN " + channel)
    elif words[1] == "366":
        send(f"PRIVMSG {channel} :{text}")
    elif words[1] == "PRIVMSG" and line.endswith(" :names"):
        send("NAMES " + channel)
    elif words[1] == "PRIVMSG" and line.endswith(" :bye"):
        break
send("QUIT :done")
