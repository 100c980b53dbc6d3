"""amqtt's two questions, may this client in and may it touch this topic, answered from Credentials and the rules."""

from dataclasses import dataclass

from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from saas.edge.tally import Tally
from saas.kit.home import home

from . import rules
from .credentials import Credentials, credentials_file, internal_users

COUNTED = {Action.PUBLISH: "foreign_publish", Action.SUBSCRIBE: "foreign_subscription"}


class Door(BaseAuthPlugin, BaseTopicPlugin):  # type: ignore[misc]
    """Users and topics. What a client tries and may not reaches nobody, and is counted and logged."""

    @dataclass
    class Config:
        """Nothing: everything lies in the installation's home."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self.credentials = Credentials(credentials_file(home()), internal_users(home()))
        self.tally = Tally("broker")

    async def authenticate(self, *, session: Session) -> bool:
        """No anonymous clients, no client that calls itself like another user's."""
        return self.why_not(session) is None

    def why_not(self, asked: Session) -> str | None:
        """The reason to refuse a client; None to let it in."""
        user = asked.username or ""
        if not self.credentials.accepts(user, asked.password):
            return "wrong_credential"
        if not rules.may_call_itself(user, asked.client_id or ""):
            return "foreign_client_id"
        if asked.will_topic is not None and not rules.may_publish(user, asked.will_topic):
            return "foreign_will"
        return None

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        """The rules of the user's kind."""
        user = (session.username if session else None) or ""
        allowed = rules.may_publish if action == Action.PUBLISH else rules.may_read
        if allowed(user, topic or ""):
            return True
        if action in COUNTED:
            self.tally.count(user, COUNTED[action], topic=topic)
        return False


def bind_address() -> str:
    """Loopback unless `WATTLANE_BIND` says otherwise."""
    return f"{home().bind}:{home().mqtt_port}"
