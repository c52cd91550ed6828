"""A Dovecot of our own: its files in a scratch folder, on a free port, any user with the password `pw`."""

from __future__ import annotations

import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.smtp.certificate import own_certificate
from tests.fleet import lasting_ports

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PASSWORD = "pw"
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/smtp.crt
ssl_key = <{folder}/smtp.key
disable_plaintext_auth = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:{folder}/mail/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
mail_max_userip_connections = 100
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2
}}
passdb {{
  driver = static
  args = password=pw
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


_OAUTH = """
tokeninfo_url = http://127.0.0.1:{port}/check?access_token=
username_attribute = username
"""


class Dovecot:
    """A running server; `restart` keeps port and mail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.tls_port, self.token_port = lasting_ports(3)
        self.certificate, _ = own_certificate(folder, "localhost")
        (folder / "mail").mkdir()
        folder.chmod(0o755)
        (folder / "mail").chmod(0o777)
        (folder / "conf").write_text(_CONFIG.format(folder=folder, port=self.port, tls_port=self.tls_port))
        (folder / "oauth2").write_text(_OAUTH.format(port=self.token_port))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        self._process = subprocess.Popen([PROGRAM, "-F", "-c", str(self.folder / "conf")])
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def session(self, user: str) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        client.login(user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def deliver(self, user: str, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into a user's inbox, or another folder that is made; blocks."""
        with self.session(user) as client:
            if folder != "INBOX":
                client.create(folder)
            for raw in mails:
                client.append(folder, "", "", raw)

    def fill(self, user: str, mails: list[bytes]) -> None:
        """Put many mails into a user's new inbox, past the server: a file each (maildir)."""
        with self.session(user) as client:
            client.select("INBOX")
        new = self.folder / "mail" / user / "new"
        for number, raw in enumerate(mails):
            path = new / f"{1_700_000_000 + number}.M{number}P1.test"
            path.write_bytes(raw)
            shutil.chown(path, "nobody", "nogroup")

    def renumber(self, user: str) -> None:
        """What a lost index does: the same mails, numbered anew (another UIDVALIDITY)."""
        box = self.folder / "mail" / user
        for path in (*box.glob("dovecot*"), *box.glob("subscriptions")):
            path.unlink()


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    folder = Path(tempfile.mkdtemp(prefix="parley-dovecot-", dir="/tmp"))
    server = Dovecot(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
