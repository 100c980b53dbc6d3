"""A dashboard that somebody composed, as whoever may see it sees it: their own figures, in its order."""

import streamlit as st

from analytics_app import tiles
from analytics_app.text import Text
from analytics_app.who import Viewer
from saas.contracts.dashboards import Card


def page(viewer: Viewer, text: Text, brand: dict[str, str], card: Card) -> None:
    period = text(card.spec.span)
    st.caption(text("own_about", owner=card.owner, period=period))
    tiles.draw(viewer, text, brand, card.spec)
