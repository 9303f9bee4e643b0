"""A real `sshd` on loopback with keys and configuration of its own, a client for it, and a slow road between them."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SEPARATION = Path("/run/sshd")
CHUNK = 2048


def why_not() -> str:
    """Why there can be no sshd here; empty where there can."""
    if sshd() is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        return "openssh-server and openssh-client are not installed"
    if os.geteuid() == 0 and Path("/etc/shadow").read_text().startswith("root:!"):
        return "root's account is locked: sshd lets nobody in"
    return ""


def sshd() -> str | None:
    """sshd insists on being called by its whole path."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class OwnSshd:
    """A running server: its port, its folder with the keys, its process, and what a command needs to reach it."""

    port: int
    folder: Path
    pid: int
    prefix: tuple[str, ...]

    def client(self, command: Sequence[str], environment: Mapping[str, str], port: int | None = None) -> list[str]:
        """The `ssh` that runs a command on a pty of the server's, with these variables besides what sshd sets."""
        options = {
            "UserKnownHostsFile": self.folder / "known",
            "StrictHostKeyChecking": "accept-new",
            "IdentitiesOnly": "yes",
            "IdentityFile": self.folder / "user",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        remote = shlex.join(["exec", "env", *(f"{name}={value}" for name, value in environment.items()), *command])
        target = f"{getpass.getuser()}@{HOST}"
        return [*self.prefix, "ssh", "-F", "none", "-tt", *given, "-p", str(port or self.port), target, remote]


@contextmanager
def own_sshd(folder: Path, prefix: Sequence[str] = ()) -> Iterator[OwnSshd]:
    """Run a server until the end of the block; ``prefix`` goes in front of server and client, such as `nsenter`."""
    program, port = sshd(), free_port()
    assert program is not None
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True, timeout=20)
    shutil.copy(folder / "user.pub", folder / "authorised")
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress {HOST}\nHostKey {folder / 'host'}\nAuthorizedKeysFile {folder / 'authorised'}\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "PrintMotd no\nPrintLastLog no\nPermitRootLogin prohibit-password\n"
    )
    if os.geteuid() == 0:  # another test may be at it, too, so it stays
        SEPARATION.mkdir(mode=0o755, exist_ok=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*prefix, program, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        deadline = time.monotonic() + 20
        while b"Server listening" not in (folder / "log").read_bytes():
            assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.02)
        yield OwnSshd(port, folder, server.pid, tuple(prefix))
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()
        server.wait()


@contextmanager
def slow_road(target: int, bytes_per_second: float, delay: float) -> Iterator[int]:
    """A port that leads to another one, at a rate and with a delay (seconds) each way. Holds little back itself."""
    closing = threading.Event()
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def carry(source: socket.socket, sink: socket.socket) -> None:
        waiting: list[tuple[float, bytes]] = []
        ready, changed = 0.0, threading.Condition()

        def deliver() -> None:
            while True:
                with changed:
                    changed.wait_for(lambda: waiting)
                    due, data = waiting.pop(0)
                    changed.notify_all()
                closing.wait(max(0.0, due - time.monotonic()))
                with suppress(OSError):
                    if data:
                        sink.sendall(data)
                    else:
                        sink.shutdown(socket.SHUT_RDWR)
                if not data:
                    return

        threads.append(threading.Thread(target=deliver, daemon=True))
        threads[-1].start()
        data = b"x"
        while data:
            try:
                data = source.recv(CHUNK)
            except OSError:
                data = b""
            ready = max(time.monotonic(), ready) + len(data) / bytes_per_second
            with changed:
                waiting.append((ready + delay, data))
                changed.notify_all()
            closing.wait(max(0.0, ready - time.monotonic()))  # what waits here is on its way, not in a store

    def road_end(end: socket.socket) -> socket.socket:
        # Small buffers, so that little waits in them; segments that are small beside them, or TCP stalls.
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return end

    def accept(listener: socket.socket) -> None:
        while not closing.is_set():
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = road_end(socket.socket())
            far.connect((HOST, target))
            sockets.extend((near, far))
            for pair in ((near, far), (far, near)):
                threads.append(threading.Thread(target=carry, args=pair, daemon=True))
                threads[-1].start()

    with socket.socket() as listener:
        road_end(listener).bind((HOST, 0))
        listener.listen()
        listening = threading.Thread(target=accept, args=(listener,), daemon=True)
        listening.start()
        try:
            yield listener.getsockname()[1]
        finally:
            closing.set()
            for end in (listener, *sockets):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            for thread in (listening, *threads):
                thread.join(5)
            for end in sockets:
                end.close()
