"""How allauth acts here: mails in the brand, one lock-out for pages and API, tokens that end with a password."""

from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils import timezone

from saas.kit.http import client_ip
from saas.kit.ratelimit import TooMany
from saas.kit.tenant_context import current_schema
from saas.tenancy.queries import current, primary_host, sender

from . import actions, audit
from .models import User


@dataclass(frozen=True)
class Site:
    """What allauth's mail templates call the current site."""

    name: str
    domain: str


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """See the module."""

    def format_email_subject(self, subject: str) -> str:
        return f"{current().name}: {subject}"

    def get_from_email(self) -> str:
        return sender(current())

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        tenant = current()
        site = Site(tenant.name, primary_host(tenant))
        message: EmailMessage = super().render_mail(template_prefix, email, {**context, "current_site": site}, headers)
        message.reply_to = [tenant.support_email]
        return message

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Everybody may join a tenant; staff of the platform are made by the platform."""
        return current_schema() != settings.PUBLIC_SCHEMA_NAME

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person, or None. A form error while the account is locked, even with the right password."""
        address = str(credentials.get("email", "")).strip().lower()
        try:
            actions.LOCK_OUT.check(address, now=timezone.now())
        except TooMany as refusal:
            raise self.validation_error("too_many_login_attempts") from refusal
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            actions.LOCK_OUT.reset(address)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count it. The limit itself is refused at the next try, so that this answer is as any other."""
        try:
            actions.LOCK_OUT.hit(str(credentials.get("email", "")).strip().lower(), now=timezone.now())
        except TooMany:
            return

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """A new password ends all API tokens, and the lock-out: who set it has proved to own the address."""
        super().set_password(user, password)
        if isinstance(user, User):
            actions.revoke_all_tokens(user=user, now=timezone.now())
            actions.LOCK_OUT.reset(user.email)
            audit.record(actor=user, act="password.set", subject=user.email, now=timezone.now())
