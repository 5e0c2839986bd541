"""A mail server on aiosmtpd that does what its recipients' names say, the first time it is asked for them. Prints `ready` when it listens.

odd_mail_server.py PORT FOLDER [--tls starttls|implicit --certificate FILE --key FILE] [--account NAME:PASSWORD]

Each text that it is given whole is written to FOLDER/N.eml, whatever it answers; each recipient that it is asked for to FOLDER/recipients.
"""
import argparse, asyncio, os, ssl
from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
for name in ("port", "folder"): arguments.add_argument(name)
for name in ("--tls", "--certificate", "--key", "--account"): arguments.add_argument(name)
options = arguments.parse_args()
asked, texts = {}, 0

def behaviour(envelope):
    return envelope.rcpt_tos[0].split("@")[0]

def is_first(envelope):
    return asked[envelope.rcpt_tos[0]] == 1

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, parameters):
        asked[address] = asked.get(address, 0) + 1
        with open(os.path.join(options.folder, "recipients"), "a") as file: file.write(address + "\n")
        word = address.split("@")[0]
        if word == "later" and asked[address] <= 1: return "450 4.2.0 come back later"
        if word == "never": return "550-5.1.1 there is\r\n550 5.1.1 nobody here"
        if word == "shut" and asked[address] <= 1: return "421 4.3.2 going down"
        if word == "slow-rcpt" and asked[address] <= 1: await asyncio.sleep(2)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        global texts
        texts += 1
        part = os.path.join(options.folder, f"{texts}.part")
        with open(part, "wb") as file: file.write(envelope.original_content)
        os.rename(part, os.path.join(options.folder, f"{texts}.eml"))
        word = behaviour(envelope)
        if word == "cut-after" and is_first(envelope):
            server.transport.abort()
            return "250 never seen"
        if word == "slow": await asyncio.sleep(2)
        if word == "hang": await asyncio.sleep(3600)
        if word == "unwanted": return "554 5.7.1 spam"
        if word == "text-later" and is_first(envelope): return "451 4.3.0 come back later"
        if word == "odd": return "250-? \t<queued>\r\n250-\r\n250 \x7f 5.0.0 (ok)"
        if word == "chatty": return "".join(f"250-line {number} {'x' * 400}\r\n" for number in range(500)) + "250 done"
        if word == "created": return "251 2.0.0 taken, and said in another way"
        return "250 2.0.0 ok"

class Server(SMTP):
    async def smtp_DATA(self, argument):
        if self.envelope.rcpt_tos and behaviour(self.envelope) == "cut-before" and is_first(self.envelope): return self.transport.abort()
        await super().smtp_DATA(argument)

    async def smtp_QUIT(self, argument):
        # Nobody may stand still because a server does not answer this.
        await asyncio.sleep(3600)

def authenticate(server, session, envelope, mechanism, data):
    name, password = options.account.encode().split(b":")
    return AuthResult(success=(data.login, data.password) == (name, password), handled=False)

context = None
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)

def server():
    more = dict(authenticator=authenticate, auth_required=True, auth_require_tls=options.tls == "starttls") if options.account else {}
    if options.tls == "starttls": more.update(tls_context=context, require_starttls=True)
    return Server(Handler(), hostname="odd.test", **more)

async def main():
    listener = await asyncio.get_running_loop().create_server(
        server, "127.0.0.1", int(options.port), ssl=context if options.tls == "implicit" else None)
    print("ready", flush=True)
    await listener.serve_forever()

asyncio.run(main())
