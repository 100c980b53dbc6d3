"""Composing a dashboard: tiles from the catalogue, in order and size, for roles or for oneself, with a live preview."""

import uuid
from typing import Any, cast

import msgspec
import polars as pl
import streamlit as st

from analytics_app import data, saved, tiles
from analytics_app.text import Text
from analytics_app.who import PAGES_OF_ROLE, Viewer
from saas.contracts.dashboards import (
    MEASURES,
    MOST_TILES,
    SHAPES,
    SPANS,
    TIMES,
    Card,
    Spec,
    faults,
    may_see,
)

DRAFT = "draft"
SOURCES = {"all": "s_all", "live": "s_live", "imported": "s_imported"}
WIDTHS = {2: "w_third", 3: "w_half", 4: "w_two_thirds", 6: "w_full"}
FRESH = {"kind": "metric", "measure": "sessions", "by": [], "title": "", "width": 2, "limit": 20, "filters": {}}
COLUMNS = {word: word for word in ("site", "charger", "city", "host_organisation", "fleet_organisation", "source")}


def page(viewer: Viewer, text: Text, brand: dict[str, str]) -> None:
    st.caption(text("compose_help"))
    try:
        mine = [card for card in saved.found(viewer).items if card.may_edit]
    except saved.Away:
        st.error(text("web_away"))
        return
    _choose(text, mine)
    draft = st.session_state[DRAFT]
    _head(text, draft)
    for number in range(len(draft["tiles"])):
        _tile(viewer, text, draft, number)
    if len(draft["tiles"]) < MOST_TILES:
        st.button(text("add_tile"), icon=":material/add:", on_click=_add, args=(draft,))
    spec = spec_of(draft)
    _buttons(viewer, text, draft, spec)
    st.header(text("preview"))
    tiles.draw(viewer, text, brand, spec)


def blank() -> dict[str, Any]:
    """A dashboard that is not saved yet. Its uid is fixed now: saving twice makes one."""
    return {"uid": str(uuid.uuid4()), "version": 0, "name": "", "roles": [], "span": "p_30", "source": "all",
            "tiles": [_fresh()], "stamp": uuid.uuid4().hex}  # fmt: skip


def of_card(card: Card) -> dict[str, Any]:
    held = cast(dict[str, Any], msgspec.to_builtins(card.spec))
    with_ids = [tile | {"id": uuid.uuid4().hex} for tile in held["tiles"]]
    return {"uid": card.uid, "version": card.version, "name": card.name, "roles": card.roles, "span": held["span"],
            "source": held["source"], "tiles": with_ids, "stamp": uuid.uuid4().hex}  # fmt: skip


def spec_of(draft: dict[str, Any]) -> Spec:
    kept = [{key: value for key, value in tile.items() if key != "id"} for tile in draft["tiles"]]
    return msgspec.convert({"tiles": kept, "span": draft["span"], "source": draft["source"]}, Spec)


def _fresh() -> dict[str, Any]:
    return {**FRESH, "by": [], "filters": {}, "id": uuid.uuid4().hex}


def _choose(text: Text, mine: list[Card]) -> None:
    """Which dashboard is on the table: a new one, or one that may be changed."""
    names = {"": text("new_dashboard")} | {card.uid: card.name for card in mine}
    if (wanted := st.session_state.pop("next", None)) in names:
        st.session_state["which"] = wanted
    wanted = st.selectbox(text("which_dashboard"), list(names), format_func=lambda uid: names.get(uid, ""), key="which")
    if DRAFT not in st.session_state or st.session_state.get("chosen") != wanted:
        card = next((card for card in mine if card.uid == wanted), None)
        st.session_state[DRAFT] = of_card(card) if card else blank()
        st.session_state["chosen"] = wanted


def _head(text: Text, draft: dict[str, Any]) -> None:
    stamp = draft["stamp"]
    left, right = st.columns(2)
    draft["name"] = left.text_input(text("name"), draft["name"], max_chars=80, key=f"name-{stamp}")
    draft["roles"] = right.multiselect(
        text("for_roles"), list(PAGES_OF_ROLE), draft["roles"], format_func=lambda role: text(f"role_{role}"),
        key=f"roles-{stamp}", help=text("for_roles_help"),
    )  # fmt: skip
    left, right = st.columns(2)
    draft["span"] = left.selectbox(text("period"), list(SPANS), list(SPANS).index(draft["span"]), format_func=text,
                                   key=f"span-{stamp}")  # fmt: skip
    draft["source"] = right.selectbox(
        text("source"), list(SOURCES), list(SOURCES).index(draft["source"]), key=f"source-{stamp}",
        format_func=lambda source: text(SOURCES[source]),
    )  # fmt: skip


def _tile(viewer: Viewer, text: Text, draft: dict[str, Any], number: int) -> None:
    tile = draft["tiles"][number]
    key = tile["id"]
    with st.expander(f"{number + 1} · {tile['title'] or text('m_' + tile['measure'])}", expanded=number < 2):
        left, middle, right = st.columns(3)
        seen = [name for name, measure in MEASURES.items() if may_see(measure, viewer.roles)]
        tile["measure"] = left.selectbox(text("measure"), seen, _at(seen, tile["measure"]), key=f"measure-{key}",
                                         format_func=lambda name: text(f"m_{name}"))  # fmt: skip
        kinds = kinds_of(tile["measure"])
        tile["kind"] = middle.selectbox(text("kind"), kinds, _at(kinds, tile["kind"]), key=f"kind-{key}",
                                        format_func=lambda kind: text(f"k_{kind}"))  # fmt: skip
        widths = list(WIDTHS)
        tile["width"] = right.selectbox(text("width"), widths, _at(widths, tile["width"]), key=f"width-{key}",
                                        format_func=lambda width: text(WIDTHS[width]))  # fmt: skip
        _split(text, tile, key)
        tile["title"] = st.text_input(text("title"), tile["title"], max_chars=80, key=f"title-{key}",
                                      placeholder=text(f"m_{tile['measure']}"))  # fmt: skip
        _filter(viewer, text, tile, key)
        _moves(text, draft, number, key)


def kinds_of(measure: str) -> list[str]:
    """Kinds of tile that can show a measure."""
    by = set(MEASURES[measure].by)
    heat, time = {"weekday", "hour"} <= by, bool(by & set(TIMES))
    left_out = (set() if heat else {"heat"}) | (set() if time else {"line"})
    return [kind for kind in SHAPES if kind not in left_out]


def _split(text: Text, tile: dict[str, Any], key: str) -> None:
    count, among = SHAPES[tile["kind"]]
    if count != 1:
        tile["by"] = list(among[:count])
        return
    words = [word for word in MEASURES[tile["measure"]].by if not among or word in among]
    at = _at(words, tile["by"][0]) if tile["by"] else 0
    tile["by"] = [st.selectbox(text("split_by"), words, at, key=f"by-{key}-{tile['kind']}-{tile['measure']}",
                               format_func=lambda word: text(f"d_{word}"))]  # fmt: skip


def _filter(viewer: Viewer, text: Text, tile: dict[str, Any], key: str) -> None:
    """Only some values of one dimension, chosen from those that the viewer has."""
    words = [word for word in MEASURES[tile["measure"]].by if word in COLUMNS and MEASURES[tile["measure"]].mart ==
             "sessions_daily"]  # fmt: skip
    if not words:
        tile["filters"] = {}
        return
    held = next(iter(tile["filters"]), None)
    left, right = st.columns(2)
    word = left.selectbox(text("only_some"), ["", *words], _at(["", *words], held or ""), key=f"filter-{key}",
                          format_func=lambda name: text(f"d_{name}") if name else text("no_filter"))  # fmt: skip
    if not word:
        tile["filters"] = {}
        return
    used = data.ids_of(viewer, word).sort("sessions", descending=True).filter(pl.col(word).is_not_null()).head(500)
    values = dict(zip(used[word], tiles.words_of(viewer, word, used), strict=True))
    kept = [value for value in tiles.meant(viewer, word, tile["filters"].get(word, [])) if value in values]
    chosen = right.multiselect(text(f"d_{word}"), list(values), kept, key=f"values-{key}-{word}", max_selections=50,
                               format_func=lambda value: values.get(value, value))  # fmt: skip
    tile["filters"] = {word: chosen} if chosen else {}


def _moves(text: Text, draft: dict[str, Any], number: int, key: str) -> None:
    with st.container(horizontal=True):
        st.button(text("move_up"), key=f"up-{key}", on_click=_move, args=(draft, number, -1), disabled=number == 0)
        last = number == len(draft["tiles"]) - 1
        st.button(text("move_down"), key=f"down-{key}", on_click=_move, args=(draft, number, 1), disabled=last)
        st.button(text("remove_tile"), key=f"drop-{key}", on_click=_drop, args=(draft, number))


def _add(draft: dict[str, Any]) -> None:
    draft["tiles"].append(_fresh())


def _move(draft: dict[str, Any], number: int, by: int) -> None:
    tiles_ = draft["tiles"]
    tiles_[number], tiles_[number + by] = tiles_[number + by], tiles_[number]


def _drop(draft: dict[str, Any], number: int) -> None:
    del draft["tiles"][number]


def _buttons(viewer: Viewer, text: Text, draft: dict[str, Any], spec: Spec) -> None:
    wrong = faults(spec, viewer.roles)
    for fault in wrong:
        st.warning(fault)
    ready = bool(draft["name"].strip()) and bool(spec.tiles) and not wrong
    with st.container(horizontal=True):
        if st.button(text("save"), type="primary", icon=":material/save:", disabled=not ready, key="save"):
            _save(viewer, text, draft, spec)
        if draft["version"] and st.button(text("duplicate"), icon=":material/content_copy:", key="duplicate"):
            name = text("copy_of", name=draft["name"])[:80]
            _save(viewer, text, draft | {"uid": str(uuid.uuid4()), "version": 0, "name": name, "roles": []}, spec)
        if draft["version"] and st.button(text("delete"), icon=":material/delete:", key="delete"):
            _remove(viewer, text, draft)
    if not draft["name"].strip():
        st.caption(text("name_first"))


def _save(viewer: Viewer, text: Text, draft: dict[str, Any], spec: Spec) -> None:
    try:
        card = saved.save(viewer, uid=draft["uid"], version=draft["version"], name=draft["name"],
                          roles=draft["roles"], spec=spec)  # fmt: skip
    except (saved.Away, saved.Refused) as error:
        _sorry(text, error)
        return
    _again(card.uid)


def _remove(viewer: Viewer, text: Text, draft: dict[str, Any]) -> None:
    try:
        saved.remove(viewer, uid=draft["uid"], version=draft["version"])
    except (saved.Away, saved.Refused) as error:
        _sorry(text, error)
        return
    _again("")


def _again(uid: str) -> None:
    """Draws everything anew, the navigation too, with this dashboard on the table."""
    for key in (DRAFT, "chosen", "which"):
        st.session_state.pop(key, None)
    st.session_state["next"] = uid
    st.rerun()


def _sorry(text: Text, error: Exception) -> None:
    if isinstance(error, saved.Away):
        st.error(text("web_away"))
    elif isinstance(error, saved.Refused) and error.code == "stale_dashboard":
        st.error(text("stale"))
        st.button(text("load_again"), on_click=lambda: st.session_state.pop(DRAFT, None))
    else:
        st.error(text("not_saved", why=str(error)))


def _at(words: list[Any], word: Any) -> int:
    return words.index(word) if word in words else 0
