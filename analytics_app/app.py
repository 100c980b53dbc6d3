"""The dashboards' entry: who is looking, in which brand and language, and which pages they have."""

from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from analytics_app import brand as look
from analytics_app import data, saved
from analytics_app.frame import Frame, build
from analytics_app.text import Text
from analytics_app.views import (
    chargers,
    compose,
    demand,
    esg,
    fleet,
    maintenance,
    overview,
    own,
    performance,
    pricing,
    risk,
    unmet,
)
from analytics_app.views import data as data_page
from analytics_app.who import Viewer, viewer

PAGES: dict[str, tuple[Callable[[Frame], None], str]] = {
    "overview": (overview.page, ":material/monitoring:"),
    "chargers": (chargers.page, ":material/ev_station:"),
    "performance": (performance.page, ":material/trending_up:"),
    "maintenance": (maintenance.page, ":material/build:"),
    "risk": (risk.page, ":material/troubleshoot:"),
    "fleet": (fleet.page, ":material/local_shipping:"),
    "esg": (esg.page, ":material/eco:"),
    "demand": (demand.page, ":material/insights:"),
    "unmet": (unmet.page, ":material/travel_explore:"),
    "pricing": (pricing.page, ":material/sell:"),
    "data": (data_page.page, ":material/database:"),
}
# Groups of the navigation, in order; a page in none of them stands at the end of the last one.
SECTIONS: dict[str, tuple[str, ...]] = {
    "section_charging": ("overview", "chargers", "demand", "unmet"),
    "section_business": ("performance", "pricing"),
    "section_operations": ("maintenance", "risk"),
    "section_fleet": ("fleet", "esg"),
    "section_own": (),
    "section_facts": ("data",),
}


def main() -> None:
    person = viewer()
    if person is None:
        _stranger()
        return
    text, brand = Text(person.language), data.brand_of(person)
    st.set_page_config(page_title=brand["name"], page_icon=look.icon(brand), layout="wide")
    st.html(look.style(brand, text))
    st.html(look.mark(brand))
    if not person.pages:
        st.info(text("no_pages"))
        return
    _navigation(person, text, brand).run()
    st.sidebar.link_button(text("back"), "/", icon=":material/arrow_back:")


def _navigation(person: Viewer, text: Text, brand: dict[str, str]) -> StreamlitPage:
    groups: dict[str, list[StreamlitPage]] = {}
    for name in person.pages:
        draw, icon = PAGES[name]
        shown = st.Page(_page(name, draw, person, text, brand), title=text(name), icon=icon, url_path=name)
        groups.setdefault(section_of(name), []).append(shown)
    if own := list(_own(person, text, brand)):
        groups["section_own"] = own
    sections = {text(key): groups[key] for key in SECTIONS if key in groups}
    return st.navigation({"": [_entry(next(iter(sections.values()))[0])], **sections}, expanded=True)


def _entry(first: StreamlitPage) -> StreamlitPage:
    """What `/analytics/` itself opens: the first page, at its own address.

    Streamlit has no other address for the page that is the default: a link to it by name would not be found.
    """
    return st.Page(lambda: st.switch_page(first), title="·", default=True, visibility="hidden", url_path="entry")


def _own(person: Viewer, text: Text, brand: dict[str, str]) -> Iterator[StreamlitPage]:
    """Dashboards that people of the tenant composed and this person sees, and the page to compose them."""
    try:
        found = saved.found(person)
    except (saved.Away, saved.Refused):
        st.sidebar.caption(text("own_away"))
        return
    for card in found.items:
        shown = _titled(card.name, partial(own.page, person, text, brand, card))
        yield st.Page(shown, title=card.name, icon=":material/space_dashboard:", url_path=f"own-{card.uid}")
    if found.may_compose:
        shown = _titled(text("compose"), partial(compose.page, person, text, brand))
        yield st.Page(shown, title=text("compose"), icon=":material/dashboard_customize:", url_path="compose")


def _titled(title: str, draw: Callable[[], None]) -> Callable[[], None]:
    def shown() -> None:
        st.title(title)
        draw()

    return shown


def section_of(page: str) -> str:
    return next((key for key, pages in SECTIONS.items() if page in pages), list(SECTIONS)[-1])


def _page(
    name: str, draw: Callable[[Frame], None], person: Viewer, text: Text, brand: dict[str, str]
) -> Callable[[], None]:
    def shown() -> None:
        st.title(text(name))
        frame = build(person, text, brand, always=person.may_open_before_sessions(name))
        if frame is not None:
            draw(frame)

    return shown


def _stranger() -> None:
    """What somebody sees whose identity is missing, forged or expired: a way to the log-in, and no data."""
    text = Text("en")
    st.title(text("stranger_title"))
    st.write(text("stranger_text"))
    st.link_button(text("log_in"), "/accounts/login/?next=/analytics/")


main()
