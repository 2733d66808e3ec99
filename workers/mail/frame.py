"""The frame that every mail's HTML stands in: tables and inline styles, nothing that is fetched from elsewhere.

QQ Mail, 163 and Gmail take style sheets out and Outlook knows little of them: what a mail looks like stands in
``style`` attributes, with the colours below so that all mails look alike. Every text has its colour beside its
background: a client that darkens mails by itself then turns both.
"""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

#: As a ``font-family`` in a ``style`` attribute, which is in double quotes.
FONT = "-apple-system,'PingFang SC','Microsoft YaHei','Noto Sans SC',Arial,sans-serif"
#: Colours: what is read, what stands beside it, links and marks, lines, the sheet, a quiet box on it, the ground.
TEXT, MUTED, ACCENT, LINE = "#1f2937", "#6b7280", "#0f766e", "#e5e7eb"
SHEET, BOX, GROUND = "#fefefe", "#f6f8f8", "#eef1f1"


@functools.cache
def _template() -> Template:
    return Environment(
        loader=PackageLoader("workers.mail"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("frame.html")


def frame(title: str, body_html: str, footer: str = "") -> str:
    """A mail's whole HTML document, at most 640 px wide and as wide as the screen on a phone.

    ``title`` and ``footer`` are plain text. ``body_html`` is HTML in which everything that people wrote is escaped
    already; its blocks are set in a column of 640 less twice 28 px, in ``FONT`` at 15 px on ``SHEET``.
    """
    return _template().render(
        title=title,
        body=Markup(body_html),  # escaped by whoever made it
        footer=footer,
        font=FONT,
        text=TEXT,
        muted=MUTED,
        accent=ACCENT,
        line=LINE,
        sheet=SHEET,
        ground=GROUND,
    )
