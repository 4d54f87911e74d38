#!/usr/bin/env python3
"""A small MCP server over standard input and output, with good and bad manners: what tests of stdio upstreams run.

Words on the command line change what it is: `legacy` does not know server/discover, `strict` ends on it, `silent` never answers it,
`broken` says nothing that is a message, `slow` starts late.
"""
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

WORDS = set(sys.argv[1:])
TOOLS = ["echo", "pid", "env", "directory", "ask", "progress", "slow", "cancelled", "die", "children", "noise", "changed",
         "huge", "fill", "read", "list", "write", "connect", "run", "peek", "kill", "python"]
lock = threading.Lock()
waiting = {}
cancelled = set()
asked = 0


def send(message):
    with lock:
        sys.stdout.write(json.dumps(dict({"jsonrpc": "2.0"}, **message)) + "\n")
        sys.stdout.flush()


def ask(method, params):
    global asked
    asked += 1
    key = "question-%d" % asked
    waiting[key] = threading.Event()
    answer = waiting[key]
    send({"id": key, "method": method, "params": params})
    answer.wait(30)
    return getattr(answer, "message", None)


def attempt(action):
    try:
        return action()
    except OSError as error:
        return "refused: " + (error.strerror or str(error))


def connect(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect(path)
        challenge = s.recv(32)
        s.sendall(b"x" * 32 + b'{"request":{}}\n')
        rest = s.recv(100)
        return "connected, challenge of %d bytes, then %d" % (len(challenge), len(rest))


def peek(pid):
    """Everything that another process of the same user would give away: its environment, its memory, a tracer."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = []
    for name in ("environ", "mem", "maps", "cwd", "root", "exe"):
        path = "/proc/%d/%s" % (pid, name)
        try:
            if name in ("cwd", "root", "exe"):
                os.listdir(path) if name != "exe" else open(path, "rb").read(1)
            else:
                with open(path, "rb") as f:
                    f.read(1)
            found.append(name)
        except OSError:
            pass
    if libc.ptrace(16, pid, 0, 0) == 0:
        found.append("ptrace")
        libc.ptrace(17, pid, 0, 0)
    return " ".join(found) or "nothing"


def run(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    return "%d %s%s" % (done.returncode, done.stdout, done.stderr)


def leave_children():
    """One in the same session, one that has left it and ignores requests to end, and one whose parent has gone."""
    one = subprocess.Popen(["sleep", "1000"])
    two = subprocess.Popen(["sh", "-c", "trap '' TERM HUP; while :; do sleep 1; done"], start_new_session=True)
    three = subprocess.check_output(["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"], text=True)
    return "%d %d %s" % (one.pid, two.pid, three.strip())


def call(name, a, message):
    key = message["id"]
    token = message["params"].get("_meta", {}).get("progressToken")
    if name == "echo":
        return json.dumps(a, sort_keys=True)
    if name == "pid":
        return str(os.getpid())
    if name == "env":
        return "\n".join(sorted("%s=%s" % pair for pair in os.environ.items()))
    if name == "directory":
        return os.getcwd()
    if name == "ask":
        return json.dumps(ask(a.get("method", "elicitation/create"), {"message": "who?", "requestedSchema": {"type": "object"}}))
    if name == "progress":
        for i in range(1, 4):
            send({"method": "notifications/progress", "params": {"progressToken": token, "progress": i, "total": 3}})
        return "done"
    if name == "slow":
        until = time.time() + float(a.get("seconds", 1))
        while time.time() < until and key not in cancelled:
            time.sleep(0.02)
        return "waited"
    if name == "cancelled":
        return str(len(cancelled))
    if name == "die":
        os._exit(3)
    if name == "children":
        return leave_children()
    if name == "noise":
        with lock:
            sys.stdout.write("this is no message\n\n")
            sys.stdout.flush()
        print("a line for \x1b[31mthe operator", file=sys.stderr, flush=True)
        return "noisy"
    if name == "changed":
        send({"method": "notifications/tools/list_changed"})
        return "told"
    if name == "huge":
        return "x" * int(a["bytes"])
    if name == "fill":
        return attempt(lambda: str(len(bytearray(int(a["bytes"])))))
    if name == "read":
        return attempt(lambda: "read %d bytes" % len(open(a["path"], "rb").read(100)))
    if name == "list":
        return attempt(lambda: "listed %d" % len(os.listdir(a["path"])))
    if name == "write":
        return attempt(lambda: "wrote %d" % open(a["path"], "w").write("text"))
    if name == "connect":
        return attempt(lambda: connect(a["path"]))
    if name == "run":
        return attempt(lambda: run(a["words"]))
    if name == "peek":
        return peek(int(a["pid"]))
    if name == "kill":
        return attempt(lambda: str(os.kill(int(a["pid"]), int(a.get("signal", signal.SIGCONT)))))
    return attempt(lambda: str(eval(a["text"])))


def run_tool(message):
    a = message["params"].get("arguments", {})
    try:
        text = call(message["params"]["name"], a, message)
    except Exception as error:  # the test wants to see it
        text = "failed: %r" % error
    if message["id"] not in cancelled:
        send({"id": message["id"], "result": {"content": [{"type": "text", "text": text}]}})


def answer(message):
    method = message.get("method")
    if method is None:
        event = waiting.get(message["id"])
        if event is not None:
            event.message = message.get("result", message.get("error"))
            event.set()
    elif method == "notifications/cancelled":
        cancelled.add(message["params"]["requestId"])
    elif "id" not in message:
        pass
    elif method == "server/discover" and "strict" in WORDS:
        os._exit(1)
    elif method == "server/discover" and "silent" in WORDS:
        pass
    elif method == "initialize":
        send({"id": message["id"], "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {"listChanged": True}},
              "serverInfo": {"name": "tests", "version": "1"}, "instructions": json.dumps(message["params"]["capabilities"])}})
    elif method == "tools/list":
        send({"id": message["id"], "result": {"tools": [{"name": n, "inputSchema": {"type": "object"}} for n in TOOLS]}})
    elif method == "tools/call":
        threading.Thread(target=run_tool, args=(message,), daemon=True).start()
    else:
        send({"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})


if "slow" in WORDS:
    time.sleep(2)
if "broken" in WORDS:
    print("hello, who is there?", flush=True)
for line in sys.stdin:
    if "broken" not in WORDS:
        answer(json.loads(line))
