"""Remember each case (the incident of one program, its laws, every grade it was given), and what leads were asked."""

from django.db import models
from django.db.models import Q


class Case(models.Model):
    """Hold one 案卷. The base laws (digests by id) are fixed when it opens.

    `counted_from` is the end of the program's case before: infections up to then were that one's.
    `provinces`, `servers` (the provinces where servers are) and `concerned` (party codes) are texts of
    `ledger_record.addressed`; `shares` holds by operator the provinces of its own infected numbers.
    """

    number = models.CharField(max_length=64, primary_key=True)
    program = models.CharField(max_length=100)
    status = models.CharField(max_length=10, default="open")
    opened_at = models.DateTimeField()
    occurred_at = models.DateTimeField(null=True)
    counted_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    loss_fen_at_end = models.BigIntegerField(default=0)
    laws = models.JSONField()
    provinces = models.TextField(default="")
    servers = models.TextField(default="")
    shares = models.JSONField(default=dict)
    concerned = models.TextField(default="")
    told = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program"], condition=Q(status="open"), name="one_open_case_per_program"),
        ]
        indexes = [models.Index(fields=["status", "opened_at"], name="case_by_status")]

    def __str__(self) -> str:
        return self.number


class Grading(models.Model):
    """Hold one grade a grader gave a case under one law; the newest counts, the others are its history."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="gradings")
    policy = models.CharField(max_length=64)
    grader = models.CharField(max_length=64)
    role = models.CharField(max_length=20)
    grade = models.CharField(max_length=4)
    article = models.CharField(max_length=64)
    facts = models.JSONField()
    reason = models.TextField(default="")
    found_at = models.DateTimeField()
    entry = models.CharField(max_length=36)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "policy", "grader", "grade"], name="grade_given_once"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.grade}"


class Notice(models.Model):
    """Hold one 通报 (附件四) of a case: its task number, number within it, grade and addressees."""

    number = models.CharField(max_length=64, primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notices")
    task_number = models.CharField(max_length=64)
    policy = models.CharField(max_length=64)
    grade = models.CharField(max_length=4)
    issuer = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    addressees = models.JSONField()
    entry = models.CharField(max_length=36)

    def __str__(self) -> str:
        return self.number


class Annulment(models.Model):
    """Hold a proposal to annul a case until another person confirms it."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="annulment")
    reason = models.TextField()
    proposed_by = models.CharField(max_length=32)
    proposed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.case_id


class Inquiry(models.Model):
    """Hold how far one lead on reporting (十九) came since MIIT asked its party: `status` of terms.LEAD_STATES.

    `question`, `answer` and `decision` are entries, which hold the words; the question names the lead as it was then.
    """

    lead = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=10)
    party = models.CharField(max_length=64)
    case = models.CharField(max_length=64)
    status = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    question = models.CharField(max_length=36)
    answer = models.CharField(max_length=36, default="")
    decision = models.CharField(max_length=36, default="")

    class Meta:
        indexes = [
            models.Index(fields=["party", "status"], name="inquiry_of_party"),
            models.Index(fields=["decided_at"], name="inquiry_by_decision"),
        ]

    def __str__(self) -> str:
        return self.lead
