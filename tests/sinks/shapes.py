"""shapes.py - whether a request has the documented form of its service.

validate(kind, request) gives a list of faults, empty for a good request. `kind` is slack, teams, telegram or webhook; `request` is a
dict: method, path, headers (names in lower case), body (bytes). Sources, as of 2026:
  Slack      incoming webhooks; Block Kit reference (blocks, text objects, button element); formatting text
  Teams      workflow "When a Teams webhook request is received"; Adaptive Cards schema 1.4; text features; 28 KB a message
  Telegram   Bot API: sendMessage, InlineKeyboardMarkup, HTML style
  webhook    enforgate(7)
As a program: shapes.py KIND FILE, of the requests that http_sink.py wrote to FILE; prints the faults and fails where there are some.
"""
import html.parser
import json
import re
import sys
import unicodedata
from urllib.parse import urlsplit

HIDDEN = ("Cc", "Cf", "Zl", "Zp")


class Faults(list):
    def need(self, good, text):
        if not good:
            self.append(text)
        return good


def units(text):
    """Length as chats count it: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def plain(faults, where, text, lines=False):
    for sign in text:
        if unicodedata.category(sign) in HIDDEN and not (lines and sign == "\n"):
            faults.append("%s: hidden character U+%04X" % (where, ord(sign)))


def url(faults, where, text, most):
    if not faults.need(isinstance(text, str), where + ": url is no text"):
        return
    parts = urlsplit(text)
    faults.need(parts.scheme in ("http", "https") and parts.netloc, where + ": no absolute url")
    faults.need(len(text) <= most, where + ": url longer than %d" % most)
    faults.need(re.fullmatch(r"[!-~]*", text), where + ": url with a character that is in none")


def members(faults, where, thing, required, allowed=()):
    if not faults.need(isinstance(thing, dict), where + ": no object"):
        return False
    for name in required:
        faults.need(name in thing, "%s: no %s" % (where, name))
    for name in thing:
        faults.need(name in required or name in allowed, "%s: unknown member %s" % (where, name))
    return all(name in thing for name in required)


# ---- Slack ----
def slack_text(faults, where, thing, most, kinds):
    if not members(faults, where, thing, ("type", "text"), ("emoji", "verbatim")):
        return
    faults.need(thing["type"] in kinds, "%s: type %s" % (where, thing["type"]))
    faults.need("emoji" not in thing or thing["type"] == "plain_text", where + ": emoji in mrkdwn")
    faults.need(thing["type"] != "plain_text" or thing.get("emoji") is False, where + ": names become emoji")
    faults.need(1 <= units(thing["text"]) <= most, "%s: %d characters" % (where, units(thing["text"])))
    plain(faults, where, thing["text"])
    if thing["type"] == "mrkdwn":
        mrkdwn(faults, where, thing["text"])


def mrkdwn(faults, where, text):
    """Only dates are marked up: no mention, no link, and every & is one of the three entities."""
    rest = re.sub(r"<!date\^\d+\^[^<>|]*\{[^<>|]*\|[^<>|]+>", "", text)
    faults.need(not re.search(r"[<>]", rest), where + ": markup in mrkdwn: " + text)
    faults.need(not re.search(r"&(?!amp;|lt;|gt;)", rest), where + ": & is not escaped: " + text)


def slack_button(faults, where, thing):
    if not members(faults, where, thing, ("type", "text"), ("url", "style", "action_id", "value")):
        return
    faults.need(thing["type"] == "button", where + ": no button")
    slack_text(faults, where, thing["text"], 75, ("plain_text",))
    url(faults, where, thing.get("url"), 3000)
    faults.need(thing.get("style") in (None, "primary", "danger"), where + ": style")
    faults.need(len(thing.get("action_id", "")) <= 255, where + ": action_id")


def slack_block(faults, where, block):
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "header" and members(faults, where, block, ("type", "text"), ("block_id",)):
        slack_text(faults, where, block["text"], 150, ("plain_text",))
    elif kind == "section" and members(faults, where, block, ("type", "text"), ("block_id",)):
        slack_text(faults, where, block["text"], 3000, ("plain_text", "mrkdwn"))
    elif kind == "context" and members(faults, where, block, ("type", "elements"), ("block_id",)):
        faults.need(1 <= len(block["elements"]) <= 10, where + ": elements")
        for i, element in enumerate(block["elements"]):
            slack_text(faults, "%s.%d" % (where, i), element, 3000, ("plain_text", "mrkdwn"))
    elif kind == "actions" and members(faults, where, block, ("type", "elements"), ("block_id",)):
        faults.need(1 <= len(block["elements"]) <= 25, where + ": elements")
        for i, element in enumerate(block["elements"]):
            slack_button(faults, "%s.%d" % (where, i), element)
        ids = [element.get("action_id") for element in block["elements"]]
        faults.need(len(set(ids)) == len(ids), where + ": action_id is not unique")
    else:
        faults.append("%s: block of type %s" % (where, kind))


def slack(faults, request, body):
    if not members(faults, "message", body, ("text", "blocks"), ("unfurl_links", "unfurl_media")):
        return
    faults.need(1 <= units(body["text"]) <= 40000, "text: length")
    plain(faults, "text", body["text"])
    mrkdwn(faults, "text", body["text"])
    faults.need(1 <= len(body["blocks"]) <= 50, "blocks: count")
    for i, block in enumerate(body["blocks"]):
        slack_block(faults, "block %d" % i, block)


# ---- Teams ----
def teams_run(faults, where, run):
    if members(faults, where, run, ("type", "text"), ("weight", "size", "isSubtle", "color", "fontType", "italic")):
        faults.need(run["type"] == "TextRun", where + ": no TextRun")
        faults.need(run["text"] != "", where + ": empty")
        plain(faults, where, run["text"])
    faults.need(run.get("weight") in (None, "Default", "Lighter", "Bolder"), where + ": weight")
    faults.need(run.get("size") in (None, "Default", "Small", "Medium", "Large", "ExtraLarge"), where + ": size")


def teams_element(faults, where, element):
    kind = element.get("type") if isinstance(element, dict) else None
    if kind == "TextBlock" and members(faults, where, element, ("type", "text"), ("size", "weight", "wrap", "isSubtle")):
        # Markdown is read here, so no name may be: none of its signs, but for the functions DATE and TIME.
        rest = re.sub(r"\{\{(DATE|TIME)\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(, (SHORT|LONG|COMPACT))?\)\}\}", "", element["text"])
        faults.need(re.fullmatch(r"[A-Za-z0-9 ,.]+", rest), where + ": markup in a TextBlock: " + element["text"])
    elif kind == "RichTextBlock" and members(faults, where, element, ("type", "inlines"), ("horizontalAlignment",)):
        faults.need(len(element["inlines"]) > 0, where + ": no inlines")
        for i, run in enumerate(element["inlines"]):
            teams_run(faults, "%s.%d" % (where, i), run)
    else:
        faults.append("%s: element of type %s" % (where, kind))


def teams_action(faults, where, action):
    if not members(faults, where, action, ("type", "url"), ("title", "style", "iconUrl")):
        return
    faults.need(action["type"] == "Action.OpenUrl", where + ": type")
    faults.need(action.get("style") in (None, "default", "positive", "destructive"), where + ": style")
    url(faults, where, action["url"], 2048)


def teams_card(faults, card):
    allowed = ("$schema", "msteams", "actions", "fallbackText")
    if not members(faults, "card", card, ("type", "version", "body"), allowed):
        return
    faults.need(card["type"] == "AdaptiveCard", "card: type")
    faults.need(card["version"] == "1.4", "card: version")
    schema = "http://adaptivecards.io/schemas/adaptive-card.json"
    faults.need(card.get("$schema", schema) == schema, "card: $schema")
    for i, element in enumerate(card["body"]):
        teams_element(faults, "body %d" % i, element)
    faults.need(len(card.get("actions", [])) <= 6, "card: actions")
    for i, action in enumerate(card.get("actions", [])):
        teams_action(faults, "action %d" % i, action)


def teams(faults, request, body):
    faults.need(len(request["body"]) <= 28 * 1024, "message: larger than 28 KB")
    if not members(faults, "message", body, ("type", "attachments"), ("summary",)):
        return
    faults.need(body["type"] == "message", "message: type")
    faults.need(len(body["attachments"]) == 1, "message: attachments")
    for attachment in body["attachments"]:
        if members(faults, "attachment", attachment, ("contentType", "content"), ("contentUrl",)):
            faults.need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "attachment: contentType")
            faults.need(attachment.get("contentUrl") is None, "attachment: contentUrl")
            teams_card(faults, attachment["content"])


# ---- Telegram ----
class TelegramText(html.parser.HTMLParser):
    """Bot API, HTML style: tags of the list only, closed in order; what is not in <code> becomes mentions and commands."""

    TAGS = ("b", "i", "u", "s", "code", "pre", "blockquote")

    def __init__(self, faults, text):
        super().__init__(convert_charrefs=False)
        self.faults, self.open, self.text, self.loose = faults, [], "", ""
        self.look_raw(text)
        self.feed(text)
        self.close()
        faults.need(not self.open, "text: <%s> is not closed" % self.open)

    def handle_starttag(self, tag, attrs):
        self.faults.need(tag in self.TAGS and not attrs, "text: tag " + self.get_starttag_text())
        self.faults.need("code" not in self.open, "text: a tag in code")
        self.open.append(tag)

    def handle_endtag(self, tag):
        if self.faults.need(self.open[-1:] == [tag], "text: </%s>" % tag):
            self.open.pop()

    def handle_data(self, data):
        self.text += data
        if "code" not in self.open:
            self.loose += data

    def handle_entityref(self, name):
        self.faults.need(name in ("lt", "gt", "amp", "quot"), "text: entity " + name)
        self.handle_data({"lt": "<", "gt": ">", "amp": "&"}.get(name, '"'))

    def look_raw(self, text):
        """The parser is lenient with a bare & or <; the Bot API is not."""
        self.faults.need(not re.search(r"&(?!(lt|gt|amp|quot);)", text), "text: a bare &")
        self.faults.need(not re.search(r"<(?!/?[a-z]+>)", text), "text: a bare <")

    def handle_charref(self, name):
        self.faults.append("text: character reference " + name)

    def handle_comment(self, data):
        self.faults.append("text: comment")

    def handle_decl(self, data):
        self.faults.append("text: declaration")

    def handle_pi(self, data):
        self.faults.append("text: processing instruction")


def telegram(faults, request, body):
    faults.need(re.fullmatch(r"/bot\d+:[A-Za-z0-9_-]+/sendMessage", request["path"]), "path: " + request["path"])
    required = ("chat_id", "text")
    if not members(faults, "message", body, required, ("parse_mode", "link_preview_options", "reply_markup")):
        return
    faults.need(isinstance(body["chat_id"], (str, int)) and body["chat_id"] != "", "chat_id")
    faults.need(body.get("parse_mode") == "HTML", "parse_mode")
    text = TelegramText(faults, body["text"])
    faults.need(1 <= units(text.text) <= 4096, "text: %d characters" % units(text.text))
    plain(faults, "text", text.text, lines=True)
    faults.need(not re.search(r"@|#\w|\$[A-Z]|https?:|(^|\s)/\w", text.loose), "text: a link outside of code: " + text.loose)
    faults.need(body.get("link_preview_options") == {"is_disabled": True}, "link_preview_options")
    if "reply_markup" not in body:
        return
    if members(faults, "reply_markup", body["reply_markup"], ("inline_keyboard",)):
        for row in body["reply_markup"]["inline_keyboard"]:
            faults.need(isinstance(row, list) and 1 <= len(row) <= 8, "inline_keyboard: row")
            for button in row:
                if members(faults, "button", button, ("text", "url")):
                    url(faults, "button", button["url"], 2048)


# ---- Webhook ----
EVENTS = {
    "call.blocked": ("toolCallId",),
    "upstream.tool_changed": (),
    "approval.created": ("toolCallId", "approvalId", "state", "createdAt", "expiresAt"),
    "approval.resolved": ("toolCallId", "approvalId", "state", "createdAt", "expiresAt", "decidedBy", "duration"),
}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def webhook(faults, request, body):
    event, headers = body.get("event"), request["headers"]
    faults.need(headers.get("x-enforgate-event") == event, "x-enforgate-event: " + str(headers.get("x-enforgate-event")))
    faults.need(re.fullmatch(r"\d{13}", headers.get("x-enforgate-timestamp", "")), "x-enforgate-timestamp")
    faults.need(re.fullmatch(r"[0-9a-f]{64}", headers.get("x-enforgate-signature", "")), "x-enforgate-signature")
    if event == "sample":
        members(faults, "body", body, ("event", "id", "time", "message"), ("link", "denyLink"))
        return
    if not faults.need(event in EVENTS, "event: " + str(event)):
        return
    links = ("link", "denyLink") if event == "approval.created" else ()
    required = ("event", "id", "time", "key", "server", "tool", "reason") + EVENTS[event]
    if not members(faults, "body", body, required, links):
        return
    faults.need(all(isinstance(body[name], str) for name in body), "body: not all texts")
    faults.need(body["id"] and body.get("toolCallId", "-") and body["tool"], "body: empty")
    for name in ("time", "createdAt", "expiresAt"):
        faults.need(name not in body or re.fullmatch(MOMENT, body[name]), "body: " + name)
    if event == "approval.created":
        faults.need(body["state"] == "pending", "state")
    if event == "approval.resolved":
        faults.need(body["state"] in ("approved", "denied", "expired"), "state: " + body["state"])
    for name in ("link", "denyLink"):
        if name in body:
            url(faults, name, body[name], 32768)


KINDS = {"slack": slack, "teams": teams, "telegram": telegram, "webhook": webhook}


def once(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member is repeated")
    return dict(pairs)


def validate(kind, request):
    faults = Faults()
    faults.need(request["method"] == "POST", "method: " + request["method"])
    content = request["headers"].get("content-type", "")
    faults.need(content.split(";")[0].strip().lower() == "application/json", "content-type: " + content)
    try:
        body = json.loads(request["body"].decode("utf-8"), object_pairs_hook=once)
    except ValueError as fault:
        faults.append("body: " + str(fault))
        return list(faults)
    if faults.need(isinstance(body, dict), "body: no object"):
        KINDS[kind](faults, request, body)
    return list(faults)


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        requests = [json.loads(line) for line in file]
    bad = not requests and ["no request at all"] or []
    for number, request in enumerate(requests, 1):
        request["body"] = request["body"].encode("utf-8")
        bad.extend("request %d: %s" % (number, fault) for fault in validate(sys.argv[1], request))
    print("\n".join(bad), end="\n" if bad else "")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
