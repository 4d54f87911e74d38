"""From the click to the answer: a check waits, a person approves by the link; how long until the check has its answer?

clicks.py CHECK-URL KEY CONSOLE-LOG RUNS: prints "p50 p99 max" in microseconds of the time from sending the POST of the decision to
the last byte of the waiting check's answer. The link comes from the console channel.
"""
import http.client
import json
import os
import re
import sys
import threading
import time
import urllib.parse


def post(url, body, headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    path = parts.path + ("?" + parts.query if parts.query else "")
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text)


def wait_for_call(url, key, tool, result):
    body = {"serverName": "mail", "toolName": tool, "args": {"to": "a@example.org"},
            "approval": {"request": True, "waitSeconds": 30}}
    result["answer"] = post(url, body, {"Authorization": "Bearer " + key})
    result["ended"] = time.monotonic()


def link_of(log, tool):
    for _ in range(2000):
        if os.path.exists(log):  # made with the first line
            with open(log, encoding="utf-8") as lines:
                found = re.search(re.escape(tool) + r"[^\0]*?(https?://[^\s#]+)", lines.read())
                if found:
                    return found.group(1)
        time.sleep(0.005)
    raise SystemExit("no link for " + tool)


def one_run(url, key, log, number):
    tool = "send_%d_end" % number
    result = {}
    waiting = threading.Thread(target=wait_for_call, args=(url, key, tool, result))
    waiting.start()
    link = link_of(log, tool)
    parts = urllib.parse.urlsplit(link)
    target = urllib.parse.urlsplit(url)
    clicked = time.monotonic()
    status, _ = post("http://" + target.netloc + parts.path, {"action": "approve"}, {})
    waiting.join()
    if status != 200 or result["answer"][0] != 200 or result["answer"][1].get("decision") != "allow":
        raise SystemExit("run %d: %s, %s" % (number, status, result["answer"]))
    return (result["ended"] - clicked) * 1e6


def main():
    url, key, log, runs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    times = sorted(one_run(url, key, log, n) for n in range(runs))
    print("%d %d %d" % (times[len(times) // 2], times[len(times) * 99 // 100], times[-1]))


main()
