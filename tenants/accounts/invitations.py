"""The mail that brings somebody into the team: in the tenant's brand, with a link to set a first password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from saas.kit.errors import Refused
from saas.tenancy.models import Tenant
from saas.tenancy.queries import address, current, sender

from .models import User


class MailDown(Refused):
    """The mail could not be sent, so nobody was invited. Try again in a minute."""

    code = "mail_down"
    status = 503
    retry = True


def send(*, to: User, by: User, what: str) -> None:
    """Tell a person what they were given here. Whoever has no password yet gets a link to set one. MailDown."""
    tenant = current()
    with translation.override(to.language or tenant.language):
        message = _compose(to, by, what, tenant)
    try:
        message.send()
    except OSError as error:
        raise MailDown() from error


def _compose(to: User, by: User, what: str, tenant: Tenant) -> EmailMessage:
    names = {"brand": tenant.name, "by": str(by), "role": what}
    subject = gettext("You are invited to the team of %(brand)s") % names
    lines = [gettext("%(by)s gave you a role at %(brand)s: %(role)s.") % names, ""]
    if to.has_usable_password():
        lines += [gettext("Log in here:"), f"{address(tenant)}{reverse('account_login')}"]
    else:
        lines += [gettext("Set your password here. The link holds for three days:"), _link(to, tenant)]
    body = "\n".join([*lines, "", f"{tenant.name} · {tenant.support_email}", ""])
    return EmailMessage(" ".join(subject.split()), body, sender(tenant), [to.email], reply_to=[tenant.support_email])


def _link(to: User, tenant: Tenant) -> str:
    """The same link as in a mail for a new password."""
    key = default_token_generator.make_token(to)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(to), "key": key})
    return f"{address(tenant)}{path}"
