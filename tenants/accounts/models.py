"""People of a tenant (in the public schema: platform staff), their roles and organisations."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from saas.kit.models import Public


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(Public, AbstractBaseUser, PermissionsMixin):
    """A person. Roles come from memberships; a person without one is a driver."""

    class Identity(models.TextChoices):
        NONE = "none"
        PENDING = "pending"
        VERIFIED = "verified"
        REFUSED = "refused"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=5, blank=True)
    identity = models.CharField(max_length=10, choices=Identity, default=Identity.NONE)
    licence_plate = models.CharField(max_length=16, blank=True)
    vehicle_type = models.CharField(max_length=60, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class Organisation(Public):
    """A fleet, enterprise, business host or partner inside a tenant."""

    class Kind(models.TextChoices):
        FLEET = "fleet"
        ENTERPRISE = "enterprise"
        HOST = "host"
        PARTNER = "partner"

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role of a person, over the whole tenant or over one organisation."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        OPERATOR = "operator"
        FINANCE = "finance"
        SUPPORT = "support"
        TECHNICIAN = "technician"
        PARTNER = "partner"
        HOST = "host"
        FLEET_MANAGER = "fleet_manager"
        FLEET_DRIVER = "fleet_driver"
        ESG_ANALYST = "esg_analyst"
        INTEGRATOR = "integrator"
        AUDITOR = "auditor"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "organisation"], name="membership_once", nulls_distinct=False
            )
        ]


class RefreshToken(models.Model):
    """A rotating refresh token: only its hash. Use of a rotated one revokes the whole family."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    family = models.UUIDField(db_index=True)
    token_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class AuditEntry(models.Model):
    """Who changed what, and when. Rows are only ever added."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=254, help_text="As it was then: the account may go, the entry stays")
    act = models.CharField(max_length=40, help_text="`brand.changed`, `role.given`, …")
    subject = models.CharField(max_length=254, blank=True, help_text="Whom or what it was done to")
    details = models.JSONField(default=dict, help_text="By field: [before, after]")
