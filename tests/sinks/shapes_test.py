"""shapes_test.py - the validators find what is wrong: good requests pass, each of them with one mistake does not.

Prints "ok NAME" or "not ok NAME: why" a line.
"""
import copy
import json

import mail
import shapes

PLAIN = {"type": "plain_text", "text": "Approval needed", "emoji": False}
BUTTON = {"type": "button", "action_id": "look", "text": PLAIN, "url": "https://gate.example.com/x#a=b", "style": "primary"}
GOOD = {
    "slack": {
        "text": "a &amp; b",
        "unfurl_links": False,
        "blocks": [
            {"type": "header", "text": PLAIN},
            {"type": "section", "text": PLAIN},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "until <!date^1795459499^{date} {time}|18:44 UTC>."}]},
            {"type": "actions", "elements": [BUTTON]},
        ],
    },
    "teams": {
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": {
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [
                    {"type": "TextBlock", "text": "until {{TIME(2026-11-23T18:44:59Z)}}.", "wrap": True},
                    {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "*x*", "weight": "Bolder"}]},
                ],
                "actions": [{"type": "Action.OpenUrl", "title": "Look", "url": "https://gate.example.com/x", "style": "positive"}],
            },
        }],
    },
    "telegram": {
        "chat_id": "-1",
        "text": "<b>Approval needed</b>\n&quot;<code>@a &lt;b&gt;</code>&quot;",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": [[{"text": "Look", "url": "https://gate.example.com/x"}]]},
    },
    "webhook": {
        "event": "approval.created", "id": "dlv_1", "time": "2026-11-23T18:44:59.123Z", "key": "k", "server": "s", "tool": "t",
        "reason": "r", "toolCallId": "call_1", "approvalId": "apr_1", "state": "pending", "createdAt": "2026-11-23T18:44:59.123Z",
        "expiresAt": "2026-11-23T18:59:59.123Z", "link": "https://gate.example.com/x",
    },
}
CARD = "attachments.0.content."
# A path and what stands there instead; None removes it.
BAD = {
    "slack": [
        ("text", "<!channel>"), ("text", "<https://evil.example/|x>"), ("text", "a & b"), ("text", ""), ("text", "\u202ex"),
        ("text", None), ("blocks", []), ("blocks", [{"type": "divider"}] * 51), ("blocks.0.text.text", "x" * 151),
        ("blocks.0.text.type", "mrkdwn"), ("blocks.0.text.emoji", True), ("blocks.1.text.text", "x" * 3001),
        ("blocks.1.text.text", "a\nb"), ("blocks.1.text.text", "\U0001f600" * 1501), ("blocks.1.more", 1),
        ("blocks.2.elements.0.text", "<@U1>"), ("blocks.2.elements", []), ("blocks.3.elements.0.url", "x" * 3001),
        ("blocks.3.elements.0.url", "/relative"), ("blocks.3.elements.0.url", "https://x.example/a b"),
        ("blocks.3.elements.0.text.text", "x" * 76), ("blocks.3.elements.0.style", "big"), ("blocks.3.elements", [BUTTON, BUTTON]),
        ("link_names", True),
    ],
    "teams": [
        ("type", "card"), ("attachments", []), ("attachments.0.contentType", "application/json"),
        (CARD + "version", "9.9"), (CARD + "version", None), (CARD + "body.0.text", "*x*"), (CARD + "body.0.text", "[x](https://x)"),
        (CARD + "body.0.text", "{{TIME(soon)}}"), (CARD + "body.1.inlines", []), (CARD + "body.1.inlines.0.text", "\u200b"),
        (CARD + "body.1.inlines.0.type", "TextBlock"), (CARD + "body.1.inlines.0.weight", "Bold"),
        (CARD + "actions.0.type", "Action.Submit"), (CARD + "actions.0.url", "javascript:x"), (CARD + "actions.0.style", "danger"),
        (CARD + "body.1.inlines.0.text", "x" * 30000), (CARD + "body", None),
    ],
    "telegram": [
        ("text", "@a"), ("text", "see https://evil.example/"), ("text", "/start"), ("text", "#tag"), ("text", "<b>x"),
        ("text", "<b>x</code>"), ("text", "<a href='https://evil.example/'>x</a>"), ("text", "a < b"), ("text", "a & b"),
        ("text", "&nbsp;"), ("text", "<code><b>x</b></code>"), ("text", "x" * 4097), ("text", ""), ("text", "\u202ex"),
        ("parse_mode", "MarkdownV2"), ("chat_id", ""), ("link_preview_options", {"is_disabled": False}),
        ("reply_markup.inline_keyboard.0.0.url", "tg://user?id=1"), ("reply_markup.inline_keyboard.0.0.callback_data", "x"),
        ("reply_markup.inline_keyboard.0", {}),
    ],
    "webhook": [
        ("event", "call.blocked"), ("event", "x"), ("id", ""), ("time", "2026-11-23"), ("state", "approved"), ("expiresAt", None),
        ("args", {}), ("link", "x"), ("tool", 1),
    ],
}
MAIL = (
    b"Date: Mon, 23 Nov 2026 18:30:00 +0000\r\nFrom: Enforgate <gate@example.com>\r\nTo: ops@example.com\r\nSubject: x\r\n"
    b"Message-ID: <d@example.com>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative;\r\n boundary="=_b"\r\n\r\n'
    b"--=_b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nhttps://x.example/\r\n"
    b"--=_b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b'<a href=3D"https://x.example/">x</a>\r\n--=_b--\r\n'
)
BAD_MAIL = [
    (b"Subject: x", b"Subject: x\r\nBcc: y@example.com"), (b"Subject: x", b"Subject: =?UTF-8?Q?=E2=80=AE?="),
    (b"Auto-Submitted: auto-generated\r\n", b""), (b"alternative", b"mixed"), (b"text/html", b"text/plain"),
    (b">x<", b">" + b"x" * 80 + b"<"), (b">x<", b">\xc3\xbc<"), (b">x<", b">=C3<"), (b"\r\nhttps://x", b"\nhttps://x"),
    (b"</a>", b"</a><script>"), (b"<a ", b"<a onclick=3Dx "), (b"\r\nhttps://x.example/", b"\r\nhttps://y.example/"),
    (b"=_b--", b"=_c--"),
]


def request(kind, body):
    headers = {"content-type": "application/json"}
    if kind == "webhook":
        headers.update({
            "x-enforgate-event": "approval.created",
            "x-enforgate-timestamp": "1795458600123",
            "x-enforgate-signature": "0" * 64,
        })
    path = "/bot1:x/sendMessage" if kind == "telegram" else "/"
    return {"method": "POST", "path": path, "headers": headers, "body": body if isinstance(body, bytes) else json.dumps(body).encode()}


def changed(body, path, value):
    body = copy.deepcopy(body)
    *way, last = [int(name) if name.isdigit() else name for name in path.split(".")]
    place = body
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


def say(name, good, why=""):
    print("%s %s%s" % ("ok" if good else "not ok", name, "" if good else ": " + why))


def main():
    for kind, body in GOOD.items():
        say(kind + ": a good one", not shapes.validate(kind, request(kind, body)), str(shapes.validate(kind, request(kind, body))))
        for path, value in BAD[kind]:
            name = "%s: %s is %s" % (kind, path, ascii(value)[:40])
            say(name, shapes.validate(kind, request(kind, changed(body, path, value))), "nothing is found")
        for other in (b"{}", b"[]", b"{", b'{"text":"a","text":"b"}', b"\xff"):
            say("%s: a body of %s" % (kind, ascii(other)), shapes.validate(kind, request(kind, other)), "nothing is found")
        for name, value in (("method", "GET"), ("headers", {})):
            say("%s: %s is %s" % (kind, name, value), shapes.validate(kind, dict(request(kind, body), **{name: value})), "nothing is found")
    for name, value in (("timestamp", "1"), ("signature", "0" * 63), ("event", "call.blocked")):
        bad = request("webhook", GOOD["webhook"])
        bad["headers"]["x-enforgate-" + name] = value
        say("webhook: header " + name, shapes.validate("webhook", bad), "nothing is found")
    bad = dict(request("telegram", GOOD["telegram"]), path="/bot1:x/getMe")
    say("telegram: another method", shapes.validate("telegram", bad), "nothing is found")
    say("mail: a good one", not mail.read(MAIL)[1], str(mail.read(MAIL)[1]))
    for old, new in BAD_MAIL:
        assert old in MAIL
        say("mail: %s" % ascii(new)[:50], mail.read(MAIL.replace(old, new, 1))[1], "nothing is found")


main()
