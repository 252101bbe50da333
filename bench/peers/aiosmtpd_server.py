"""The program that aiosmtpd.mjs starts: aiosmtpd with checkpassword and qmail-queue."""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
argv = options["checkpassword"]["argv"]
env = {"PATH": "/usr/bin:/bin", **options["checkpassword"]["env"]}


def run(program, arguments, environment, inputs):
    """Runs a program with octets on descriptors; returns its exit code."""
    pipes = {fd: os.pipe() for fd in inputs}
    actions = [(os.POSIX_SPAWN_DUP2, ends[0], fd) for fd, ends in pipes.items()]
    # Python's pipes are closed on exec, and dup2 onto the same descriptor would keep that.
    for fd, ends in pipes.items():
        if ends[0] == fd:
            os.set_inheritable(fd, True)
    pid = os.posix_spawnp(program, arguments, environment, file_actions=actions)
    for ends in pipes.values():
        os.close(ends[0])
    for fd, octets in inputs.items():
        with os.fdopen(pipes[fd][1], "wb") as pipe:
            pipe.write(octets)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def authenticate(server, session, envelope, mechanism, data):
    request = data.login + b"\0" + data.password + b"\0Y1\0"
    return AuthResult(success=run(argv[0], argv, env, {3: request}) == 0)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        addresses = "F%s\0%s\0" % (envelope.mail_from, "".join("T%s\0" % to for to in envelope.rcpt_tos))
        message = envelope.original_content.replace(b"\r\n", b"\n")
        program = options["qmailQueue"]
        inputs = {0: message, 1: addresses.encode()}
        loop = asyncio.get_running_loop()
        code = await loop.run_in_executor(None, run, program, [program], {}, inputs)
        return "250 ok" if code == 0 else "451 not queued"


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["cert"], options["key"])
    loop = asyncio.get_running_loop()

    def session():
        return SMTP(
            Handler(),
            hostname="mail.example.test",
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=False,
            loop=loop,
        )

    server = await loop.create_server(session, "127.0.0.1", options["port"], ssl=context)
    await server.serve_forever()


asyncio.run(main())
