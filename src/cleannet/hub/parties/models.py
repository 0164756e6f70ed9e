"""Remember who takes part: parties, their people and machines, the laws adopted, and who may act for whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Party(models.Model):
    """Hold one 单位 by its global code; a remote one has no account here and is reached by paper, mail or telephone.

    A branch names its group, which is no branch itself and has the same role.
    """

    code = models.CharField(max_length=64, primary_key=True)
    zh = models.CharField(max_length=100)
    en = models.CharField(max_length=100)
    role = models.CharField(max_length=20)
    also = models.JSONField(default=list)
    province = models.CharField(max_length=2, default="")
    remote = models.BooleanField(default=False)
    group = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="branches")
    registered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["role", "province"], name="party_by_role")]

    def __str__(self) -> str:
        return f"{self.zh} ({self.code})"


class Person(models.Model):
    """Bind an account to a party. The ledger knows the code alone; the name can be erased."""

    code = models.CharField(max_length=32, primary_key=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="person")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="people")
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40, default="")
    mail = models.CharField(max_length=200, default="")
    rights = models.JSONField()

    def __str__(self) -> str:
        return self.code


class Contact(models.Model):
    """Hold who a party names as its 主管领导, 责任部门负责人 or 联系人 (terms.CONTACTS), and how to reach them."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="contacts")
    part = models.CharField(max_length=10)
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40)
    mail = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "part"], name="contact_once")]

    def __str__(self) -> str:
        return f"{self.party_id} {self.part}"


class Token(models.Model):
    """Let a program act for a party, or for one of its people, with some rights; only the token's digest is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="tokens")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="tokens")
    label = models.CharField(max_length=100)
    rights = models.JSONField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.label


class Adoption(models.Model):
    """Hold one law or overlay this hub goes by, with its text as adopted; a corrected file is another adoption."""

    policy = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    text = models.TextField()
    adopted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy"], condition=Q(ended_at=None), name="law_adopted_once"),
        ]

    def __str__(self) -> str:
        return self.policy


class Delegation(models.Model):
    """Let one party do what a rule asks of another, for one case or (empty) standing. See core.entry.Delegation."""

    policy = models.CharField(max_length=64)
    rule = models.CharField(max_length=64)
    delegator = models.CharField(max_length=64)
    delegate = models.CharField(max_length=64)
    case = models.CharField(max_length=64, default="")
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "rule", "delegator", "delegate", "case"],
                condition=Q(ended_at=None),
                name="delegated_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator} → {self.delegate}"
