"""The tenant's look over Streamlit's: colours, logo, direction. Only checked values become CSS or markup."""

import base64
import html
import re

from analytics_app.text import Text

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CSS = """
:root {{ --brand: {primary}; --accent: {accent}; }}
[data-testid="stHeader"] {{ background: transparent; }}
[data-testid="stDecoration"], [data-testid="stAppDeployButton"], [data-testid="stStatusWidget"] {{ display: none; }}
[data-testid="stSidebar"] {{ border-block-start: 5px solid var(--brand); }}
[data-testid="stMain"] .block-container {{ padding-block-start: 2.6rem; max-width: 1240px; }}
[data-testid="stMetric"] {{ border: 1px solid color-mix(in srgb, currentColor 14%, transparent); border-radius: 12px;
  border-block-start: 4px solid var(--brand); padding: .8rem 1rem; }}
[data-testid="stMetricValue"] {{ direction: ltr; font-variant-numeric: tabular-nums; font-size: 1.6rem; }}
[data-testid="stSidebarNavLink"][aria-current="page"] {{
  background: color-mix(in srgb, var(--brand) 14%, transparent); }}
[data-testid="stSidebar"][data-collapsed="true"] {{ display: none; }}
button[data-variant="segmented_control"][data-selected="true"] {{
  background: color-mix(in srgb, var(--brand) 12%, transparent) !important; color: inherit !important;
  border-color: var(--brand) !important; }}
.stDownloadButton button {{ font-size: .85rem; padding: .15rem .7rem; min-height: 2rem; }}
a.brand-link {{ color: inherit; }}
.brand {{ display: flex; align-items: center; gap: .6rem; font-weight: 700; font-size: 1.15rem;
  padding-block: 0 .4rem; }}
.brand img {{ height: 34px; max-width: 130px; background: #fff; border-radius: 8px; padding: 3px; }}
.brand .initials {{ background: var(--brand); color: {ink}; border-radius: 8px; padding: .25rem .55rem; }}
[data-baseweb="select"] > div:focus-within {{ border-color: var(--brand) !important; }}
h1 {{ font-size: 1.9rem !important; }}
h3 {{ font-size: 1.15rem !important; }}
"""
_RTL = """
[data-testid="stAppViewContainer"], [data-testid="stSidebar"] { direction: rtl; text-align: right; }
[data-testid="stVegaLiteChart"], [data-testid="stDataFrame"], [data-testid="stCode"], code { direction: ltr; }
[data-testid="stMarkdownContainer"], [data-testid="stCaptionContainer"], [data-testid="stMetricLabel"],
[data-testid="stMetricValue"] { text-align: right; }
[data-testid="stCaptionContainer"] { margin-inline: 0; width: 100%; direction: rtl; }
"""


def colours(brand: dict[str, str]) -> tuple[str, str]:
    """Primary and accent; a value that is no colour gives a plain one."""
    pairs = ((brand["colour_primary"], "#1f4e79"), (brand["colour_accent"], "#e0a100"))
    primary, accent = (value if _COLOUR.fullmatch(value or "") else plain for value, plain in pairs)
    return primary, accent


def style(brand: dict[str, str], text: Text) -> str:
    """The style element of the page."""
    primary, accent = colours(brand)
    css = _CSS.format(primary=primary, accent=accent, ink=ink_on(primary))
    return f"<style>{css}{_RTL if text.direction == 'rtl' else ''}</style>"


def mark(brand: dict[str, str]) -> str:
    """Logo, or initials on the brand colour, and the name."""
    name = html.escape(brand["name"])
    if brand["logo_svg"]:
        data = base64.b64encode(brand["logo_svg"].encode()).decode()
        picture = f'<img src="data:image/svg+xml;base64,{data}" alt="">'
    else:
        initials = "".join(word[0] for word in brand["name"].split()[:2]).upper()
        picture = f'<span class="initials">{html.escape(initials)}</span>'
    return f'<div class="brand">{picture}<bdi>{name}</bdi></div>'


def icon(brand: dict[str, str]) -> str:
    """Picture of the browser's tab: a first letter on the brand colour. Drawn here, so that nothing is fetched."""
    primary, _ = colours(brand)
    letter = html.escape(brand["name"][:1].upper())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{primary}"/><text x="16" y="23" font-size="20" font-weight="700" '
        f'font-family="sans-serif" text-anchor="middle" fill="{ink_on(primary)}">{letter}</text></svg>'
    )


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on the colour (WCAG relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"
