"""mail.py - whether a message is a good internet message, and what is in it.

read(bytes) gives (facts, faults): facts are the header fields, the text and the HTML part and all links; faults are what RFC 5322, MIME
or this gateway's own promises do not allow. As a program: mail.py FILE prints the facts as JSON, faults among them.
"""
import email
import email.policy
import html.parser
import json
import re
import sys
import unicodedata

FIELDS = ["Date", "From", "To", "Subject", "Message-ID", "References", "Auto-Submitted", "MIME-Version", "Content-Type"]
LINE_MAX = 78
# Elements of the template; any other came from a name.
ELEMENTS = {"html", "head", "meta", "title", "body", "div", "h1", "p", "b", "bdi", "a", "code"}


class Html(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.links, self.elements, self.words, self.bad = [], set(), "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value)
            elif name.startswith("on") or name == "src":
                self.bad.append(name)

    def handle_data(self, data):
        self.words += data


def lines(raw, faults):
    for line in raw.split(b"\r\n"):
        if b"\r" in line or b"\n" in line:
            faults.append("a line end that is not CR LF")
        if len(line) > LINE_MAX:
            faults.append("a line of %d characters" % len(line))
        if re.search(rb"[^ -~\t]", line):
            faults.append("bytes that are not ASCII")
    if not raw.endswith(b"\r\n"):
        faults.append("no line end at the end")


def parts(message, faults):
    if message.get_content_type() != "multipart/alternative":
        faults.append("not multipart/alternative")
        return None, None
    found = list(message.iter_parts())
    kinds = [part.get_content_type() for part in found]
    if kinds != ["text/plain", "text/html"]:
        faults.append("parts: " + ", ".join(kinds))
        return None, None
    for part in found:
        faults.extend(str(defect) for defect in part.defects)
        if part.get_content_charset() != "utf-8" or part["Content-Transfer-Encoding"] != "quoted-printable":
            faults.append("a part that is not UTF-8 in quoted-printable")
    try:
        return [part.get_content(errors="strict").replace("\r\n", "\n") for part in found]
    except UnicodeDecodeError:
        faults.append("a part that is not UTF-8")
        return None, None


def read(raw):
    faults = []
    lines(raw, faults)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    faults.extend(str(defect) for defect in message.defects)
    names = message.keys()
    if [name for name in FIELDS if name in names] != names:
        faults.append("fields: " + ", ".join(names))
    facts = {name.lower(): str(message[name]) for name in names}
    for name in names:
        if any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in str(message[name])):
            faults.append(name + ": hidden characters")
    if message["Auto-Submitted"] != "auto-generated":
        faults.append("Auto-Submitted")
    text, page = parts(message, faults)
    if text is not None:
        parsed = Html(page)
        if parsed.elements - ELEMENTS or parsed.bad:
            faults.append("HTML has %s" % ", ".join(sorted(parsed.elements - ELEMENTS) + parsed.bad))
        facts.update(text=text, html=page, words=parsed.words, links=parsed.links)
        facts["text_links"] = re.findall(r"^https?://\S+$", text, re.M)
        if facts["text_links"] != parsed.links:
            faults.append("the parts have different links")
    return facts, faults


def main():
    with open(sys.argv[1], "rb") as file:
        facts, faults = read(file.read())
    print(json.dumps(dict(facts, faults=faults)))


if __name__ == "__main__":
    main()
