"""amqtt's two questions, may this client in and may it touch this topic, answered from Credentials and the rules."""

from collections import Counter
from dataclasses import dataclass

import structlog
from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from saas.kit.home import home

from . import rules
from .credentials import Credentials, credentials_file, internal_users

log = structlog.get_logger("broker")


class Door(BaseAuthPlugin, BaseTopicPlugin):  # type: ignore[misc]
    """Users and topics. A publish to a foreign topic reaches nobody and is counted in the log."""

    @dataclass
    class Config:
        """Nothing: everything lies in the installation's home."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self.credentials = Credentials(credentials_file(home()), internal_users(home()))
        self.foreign: Counter[str] = Counter()

    async def authenticate(self, *, session: Session) -> bool:
        """No anonymous clients, no client that calls itself like another user's."""
        user = session.username or ""
        return self.credentials.accepts(user, session.password) and rules.may_call_itself(user, session.client_id or "")

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """The rules of the user's kind."""
        user = (session.username if session else None) or ""
        if action == Action.PUBLISH:
            return rules.may_publish(user, topic or "") or self._count_foreign(user, topic)
        return rules.may_read(user, topic or "")

    def _count_foreign(self, user: str, topic: str | None) -> bool:
        """Counts each, says so at 1, 2, 4, 8 …: a flood must not fill the log."""
        self.foreign[user] += 1
        count = self.foreign[user]
        if count & (count - 1) == 0:
            log.warning("foreign_topic", user=user, topic=topic, count=count)
        return False


def bind_address() -> str:
    """Loopback unless `WATTLANE_BIND` says otherwise."""
    return f"{home().bind}:{home().mqtt_port}"
