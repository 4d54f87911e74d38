"""smtp_sink.py - a real SMTP server for tests: TLS from the start or STARTTLS, AUTH, and the ways in which servers misbehave.

smtp_sink.py DIR [--tls smtps|starttls|none] [--cert FILE --key FILE] [--user NAME --password TEXT]
Writes to DIR: port (when it listens), messages/N.eml (as received, with CR LF), messages/N.json (envelope, TLS, user), sessions
(one line a connection and its greeting). Files in DIR change its behaviour while it runs:
  refuse    its text is the reply to MAIL FROM, e.g. "451 come again" or "550 no"
  hang      it greets, then answers nothing more
"""
import argparse
import asyncio
import json
import logging
import os
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Sink:
    """The handler of aiosmtpd: decides about each command, stores each message."""

    def __init__(self, options):
        self.options, self.directory, self.count = options, options.directory, 0
        os.makedirs(os.path.join(self.directory, "messages"), exist_ok=True)

    def behaviour(self, name):
        try:
            with open(os.path.join(self.directory, name), encoding="utf-8") as file:
                return file.read().strip() or name
        except FileNotFoundError:
            return None

    def note(self, text):
        with open(os.path.join(self.directory, "sessions"), "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def is_tls(self, session):
        return self.options.tls == "smtps" or bool(session.ssl)

    async def hang(self):
        while self.behaviour("hang"):
            await asyncio.sleep(0.05)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.note("%s %s" % ("tls" if self.is_tls(session) else "plain", hostname))
        await self.hang()
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        await self.hang()
        refusal = self.behaviour("refuse")
        if refusal:
            self.note("refused " + refusal)
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        number = self.count
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": self.is_tls(session),
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        base = os.path.join(self.directory, "messages", str(number))
        with open(base + ".eml", "wb") as file:
            file.write(envelope.original_content)
        # The second file is there when the first is whole.
        with open(base + ".json.new", "w", encoding="utf-8") as file:
            json.dump(facts, file)
        os.rename(base + ".json.new", base + ".json")
        return "250 kept as %d" % number


def authenticator(user, password):
    def check(server, session, envelope, mechanism, auth_data):
        good = (
            isinstance(auth_data, LoginPassword)
            and auth_data.login.decode() == user
            and auth_data.password.decode() == password
        )
        return AuthResult(success=good, handled=good, auth_data=auth_data if good else None)

    return check


async def serve(options):
    sink, context = Sink(options), None
    if options.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    more = {"hostname": "sink.example.com"}
    if options.tls == "starttls":
        more.update(tls_context=context, require_starttls=True)
    if options.user:
        check = authenticator(options.user, options.password)
        more.update(authenticator=check, auth_required=True, auth_require_tls=options.tls == "starttls")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, data_size_limit=1 << 20, loop=loop, **more),
        host="127.0.0.1",
        port=0,
        ssl=context if options.tls == "smtps" else None,
    )
    with open(os.path.join(options.directory, "port.new"), "w", encoding="utf-8") as file:
        file.write("%d\n" % server.sockets[0].getsockname()[1])
    os.rename(os.path.join(options.directory, "port.new"), os.path.join(options.directory, "port"))
    await server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--tls", choices=("smtps", "starttls", "none"), default="smtps")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args()
    # About AUTH without STARTTLS, which is TLS from the start here.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    asyncio.run(serve(options))


if __name__ == "__main__":
    main()
