"""The look of the reports' pages: their own, and the panels that they share with the minutes."""

from nicegui import ui

from web.layout import STATIC

_CSS = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in ("minutes.css", "report.css"))
# The pictures of the charts know their size in pixels only; paper has another width.
_PRINT = """<script>addEventListener('beforeprint', () => {
  document.querySelectorAll('.rp-chart svg').forEach((svg) =>
    svg.setAttribute('viewBox', `0 0 ${svg.getAttribute('width')} ${svg.getAttribute('height')}`));
});</script>"""


def put_on() -> None:
    """Call once on a page that shows reports."""
    ui.add_css(_CSS)
    ui.add_head_html(_PRINT)
