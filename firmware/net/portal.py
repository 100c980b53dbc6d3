"""The page by which somebody tells a new device its Wi-Fi, and the name server that leads every telephone to it.

Bytes in, bytes out; `hotspot` has the sockets. Passwords are never shown, and names of networks are other people's
text: everything that goes into the page is escaped.
"""

from firmware.app.network import problem

ADDRESS = "192.168.4.1"
LARGEST = 4096
WAITING, TRYING, FAILED, DONE = "waiting", "trying", "failed", "done"
REASONS = {
    "wrong_password": "The network did not take the password.",
    "not_found": "The network was not found. Is the charger near enough?",
    "timeout": "The network did not answer in time. Please try again.",
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Wattlane charger</title>
<meta name="viewport" content="width=device-width, initial-scale=1">%s<style>
body{font:17px/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem;color:#14231c;
background:#f6f8f6}h1{font-size:1.4rem}label{display:block;margin:1rem 0 .25rem;font-weight:600}
input,select,button{font:inherit;width:100%%;padding:.7rem;border:1px solid #7d8f86;border-radius:.5rem;
box-sizing:border-box}button{margin-top:1.5rem;background:#0b6b45;color:#fff;border:0;font-weight:600}
.bad{background:#fdecea;border-left:4px solid #b3261e;padding:.6rem .8rem}.small{color:#4a5a52;font-size:.9rem}
@media(prefers-color-scheme:dark){body{background:#101613;color:#e6eee9}.bad{background:#3a1512}.small{color:#a9b8b0}
input,select{background:#1a221e;color:inherit}}</style></head><body><h1>Connect your charger</h1>%s
<p class="small">%s</p></body></html>"""
FORM = """%s<form method="post" action="/save"><label for="n">Wi-Fi network</label>
<select id="n" name="name">%s<option value="">Another network …</option></select>
<label for="o">Name of another network</label><input id="o" name="other" maxlength="32" autocomplete="off">
<label for="p">Password</label>
<input id="p" name="password" type="password" maxlength="64" autocomplete="off" autocapitalize="none">
<button>Connect</button></form>"""
TRY = '<p role="status">Trying to connect to <b>%s</b> … This takes up to half a minute.</p>'
OK = '<p role="status">Connected to <b>%s</b>. You can close this page: the charger goes on by itself.</p>'


class Portal:
    def __init__(self, device: str, networks: "list[str]") -> None:
        """`networks`: names that are in reach, the strongest first."""
        self._device = device
        self._networks = networks
        self.state = WAITING
        self.candidate: tuple[str, str] | None = None  # name and password to be tried now
        self._name = ""
        self._why = ""

    def tried(self, reason: "str | None") -> None:
        """The candidate connected (None), or why it did not: a key of REASONS."""
        self.candidate = None
        self.state = FAILED if reason else DONE
        self._why = REASONS.get(reason or "", "It did not work.")

    def answer(self, request: bytes) -> bytes:
        """The whole answer to a whole request."""
        head, _, body = request.partition(b"\r\n\r\n")
        words = head.split(b"\r\n")[0].split(b" ")
        method, path = (words[0], words[1]) if len(words) == 3 else (b"", b"")
        if method == b"POST" and path == b"/save":
            return self._save(body)
        if method == b"GET" and path == b"/":
            return self._page()
        if method in (b"GET", b"HEAD"):  # what telephones ask to find out whether there is a page to be shown
            return _respond(302, "", "Location: http://%s/\r\n" % ADDRESS)
        return _respond(405, "")

    def _save(self, body: bytes) -> bytes:
        if self.state in (TRYING, DONE):
            return _respond(303, "", "Location: /\r\n")
        form = fields(body)
        name, password = form.get("name") or form.get("other", "").strip(), form.get("password", "")
        wrong = problem(name, password)
        self._name = name
        if wrong:
            self.state, self._why = FAILED, wrong
        else:
            self.state, self.candidate = TRYING, (name, password)
        return _respond(303, "", "Location: /\r\n")

    def _page(self) -> bytes:
        refresh = '<meta http-equiv="refresh" content="3">' if self.state == TRYING else ""
        foot = "Device " + escape(self._device)
        return _respond(200, PAGE % (refresh, self._middle(), foot))

    def _middle(self) -> str:
        if self.state == TRYING:
            return TRY % escape(self._name)
        if self.state == DONE:
            return OK % escape(self._name)
        bad = '<p class="bad" role="alert">%s</p>' % escape(self._why) if self.state == FAILED else ""
        options = [_option(name, name == self._name) for name in self._networks]
        return FORM % (bad, "".join(options))


def complete(request: bytes) -> bool:
    """Whether the request has come whole; what is too long counts as whole and is cut."""
    head, end, body = request.partition(b"\r\n\r\n")
    if len(request) > LARGEST:
        return True
    if not end:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            value = value.strip()
            return not value.isdigit() or len(body) >= int(value)
    return True


def fields(body: bytes) -> "dict[str, str]":
    """A form as browsers send it (application/x-www-form-urlencoded)."""
    found: dict[str, str] = {}
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        found[_plain(name)] = _plain(value)
    return found


def escape(text: str) -> str:
    for plain, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(plain, safe)
    return text


def name_answer(query: bytes, address: str = ADDRESS) -> "bytes | None":
    """The name server's answer: every name is here (RFC 1035). None for what is no question."""
    if len(query) < 17 or query[2] & 0x80 or query[4:6] != b"\0\1":
        return None
    end = 12
    while end < len(query) and query[end]:
        end += query[end] + 1
    question = query[12 : end + 5]
    if len(question) < 5 or end + 5 > len(query):
        return None
    is_address = question[-4:-2] == b"\0\1"
    head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_address else b"\0\0") + b"\0\0\0\0"
    parts = bytes([int(part) for part in address.split(".")])
    return head + question + (b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\x04" + parts if is_address else b"")


def _option(name: str, chosen: bool) -> str:
    return '<option%s value="%s">%s</option>' % (" selected" if chosen else "", escape(name), escape(name))


def _plain(data: bytes) -> str:
    out, index = b"", 0
    data = data.replace(b"+", b" ")
    while index < len(data):
        byte = data[index : index + 1]
        if byte == b"%":
            try:
                byte = bytes([int(data[index + 1 : index + 3].decode(), 16)])
                index += 2
            except ValueError:
                pass
        out += byte
        index += 1
    try:
        return out.decode()
    except UnicodeError:
        return ""


STATUSES = {200: "OK", 302: "Found", 303: "See Other", 405: "Method Not Allowed"}


def _respond(status: int, text: str, headers: str = "") -> bytes:
    body = text.encode()
    head = "HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\n" % (status, STATUSES[status])
    head += "Content-Length: %d\r\n" % len(body)
    return (head + headers + "Cache-Control: no-store\r\nConnection: close\r\n\r\n").encode() + body
