"""An operator looks after a whole fleet in a real browser: groups, roll-outs, firmware, configuration."""

from typing import Any

import pytest
from django.db import connection

from tests.tenants.operations.story import Clock, Peer, group_of

from .conftest import Site
from .test_driver_journey import check, errors_of
from .test_settings_journey import SIZES, shot

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Fleet:
    """Six stations; an action that half failed, a roll-out that stopped, a template that finds drift."""

    def __init__(self) -> None:
        from tests import builders

        operator, clock = builders.person("ops", "operator"), Clock()
        peers = [Peer(clock, f"CP-{n}", firmware="1.4.2", vendor="Volta", model="Duo 22") for n in range(1, 7)]
        self.group = group_of(*peers, by=operator, name="Harbour")
        self.action = self._action(peers, operator)
        self.rollout = self._rollout(peers, operator, clock)
        self.template = self._template(peers, operator, clock)

    def _action(self, peers: list[Peer], operator: Any) -> Any:
        from tenants.operations import actions
        from tests.builders import NOW

        peers[4].answers["Reset"], peers[5].answers["Reset"] = {"status": "Rejected"}, "NotSupported"
        made = actions.start_action(group=self.group, verb="restart", parameters={}, by=operator, now=NOW)
        for peer in peers[1:]:
            peer.answer()
        return made

    def _rollout(self, peers: list[Peer], operator: Any, clock: Clock) -> Any:
        from tenants.operations import actions
        from tests.builders import NOW

        described = actions.Described(kind="ocpp", version="2.0.0", vendor="Volta", notes="Fixes the meter.")
        image = actions.add_image(described=described, chunks=[b"firmware"], by=operator, now=NOW)
        plan = actions.Plan(stages=(50, 100), failure_limit_pct=20)
        made = actions.begin_firmware(image=image, group=self.group, by=operator, now=NOW, plan=plan)
        for number, peer in enumerate(peer for peer in peers if peer.waiting()):
            if number:
                peer.answer()
                status = "Installing" if number == 1 else "DownloadFailed"
                peer.says("FirmwareStatusNotification", {"status": status})
        clock.pass_(5)
        return made

    def _template(self, peers: list[Peer], operator: Any, clock: Clock) -> Any:
        from tenants.operations import actions
        from tests.builders import NOW

        values = {"ocpp1.6": {"HeartbeatInterval": "60", "MeterValueSampleInterval": "15", "LocalPreAuthorize": "true"}}
        wanted = actions.WantedTemplate(name="House rules", values=values, groups=(self.group,))
        made = actions.create_template(wanted=wanted, by=operator, now=NOW)
        rows = [("HeartbeatInterval", "300", False), ("MeterValueSampleInterval", "60", True)]
        held = [{"key": key, "value": value, "readonly": readonly} for key, value, readonly in rows]
        for peer in peers[:2]:
            peer.answers["GetConfiguration"] = {"configurationKey": held}
        clock.pass_(5)
        for peer in peers[:2]:
            peer.answer()
        return made


@pytest.fixture
def fleet(site: Site) -> Fleet:
    from saas.kit.tenant_context import tenant_schema

    with tenant_schema(site.schema):
        made = Fleet()
    connection.close()
    return made


@pytest.mark.req("CHG-03", "CHG-04")
@pytest.mark.parametrize(
    ("brand", "size", "scheme"),
    [({"language": "en"}, "desktop", "light"), ({"language": "ar"}, "phone", "dark")],
    indirect=["brand"],
)
def test_an_operator_looks_after_the_fleet(site: Site, fleet: Fleet, chromium: Any, size: str, scheme: str) -> None:
    page = chromium.new_page(viewport=SIZES[size], color_scheme=scheme)
    told = errors_of(page)
    page.goto(f"{site.url}/accounts/login/?next=/console/groups/")
    page.fill("[name=login]", "owner@flow.example")
    page.fill("[name=password]", "owner-of-the-flow-1")
    page.click("main button:not([name=language])")
    page.wait_for_url("**/console/groups/")
    places = {
        "groups": "/console/groups/",
        "group": f"/console/groups/{fleet.group.uid}/",
        "do": f"/console/groups/{fleet.group.uid}/do/restart/",
        "action": f"/console/actions/{fleet.action.uid}/",
        "rollouts": "/console/rollouts/",
        "rollout": f"/console/rollouts/{fleet.rollout.uid}/",
        "rollout-new": "/console/rollouts/new/",
        "firmware": "/console/firmware/",
        "templates": "/console/configuration/",
        "template": f"/console/configuration/{fleet.template.uid}/",
        "template-new": "/console/configuration/new/",
        "console": "/console/",
    }
    for name, path in places.items():
        page.goto(f"{site.url}{path}")
        check(page)
        shot(page, f"ops-{name}-{size}")
    page.goto(f"{site.url}{places['group']}")
    page.click(f"a[href='{places['do']}']")
    page.click("main form button")
    page.wait_for_url("**/console/actions/**")
    page.wait_for_selector("#progress[data-working]")
    assert told == []
