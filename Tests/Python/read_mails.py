"""read_mails.py FOLDER COUNT: reads the mails FOLDER/0 and on with Python's `email` package, and prints for each its fields in hex, on one line.

Names are read by the package's older half: the newer one puts blanks between the encoded words of a name, against RFC 2047 section 6.2.
"""
import email, email.header, email.policy, email.utils, sys

for index in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/{index}", "rb") as file: mail = email.message_from_binary_file(file, policy=email.policy.default)
    assert not mail.defects, mail.defects
    with open(f"{sys.argv[1]}/{index}", "rb") as file: name = email.utils.parseaddr(email.message_from_binary_file(file)["from"])[0]
    name = "".join(part if isinstance(part, str) else part.decode(code or "ascii") for part, code in email.header.decode_header(name))
    body = mail.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
    fields = [
        mail["subject"], name, mail["from"].addresses[0].addr_spec, mail["to"].addresses[0].addr_spec,
        str(int(mail["date"].datetime.timestamp())), mail["message-id"], mail["in-reply-to"], " ".join(mail["references"].split()),
        mail["list-id"], mail["auto-submitted"], body,
    ]
    print(" ".join(field.encode("utf-8").hex() for field in fields))
