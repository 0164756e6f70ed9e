"""Remember the edges, every message they sent, and the newest counts of each batch."""

from django.db import models


class Edge(models.Model):
    """Hold one enrolled edge; a revoked one is no longer believed, whichever of its keys signs."""

    id = models.CharField(max_length=64, primary_key=True)
    party = models.CharField(max_length=64)
    province = models.CharField(max_length=2)
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.id


class Key(models.Model):
    """Hold a signing key of an edge by its id: believed from `since`, and no longer after `until` where that is set."""

    id = models.CharField(max_length=64, primary_key=True)
    edge = models.ForeignKey(Edge, on_delete=models.PROTECT, related_name="keys")
    number = models.PositiveIntegerField()
    public_key = models.CharField(max_length=100)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "number"], name="key_once")]

    def __str__(self) -> str:
        return f"{self.edge_id} {self.number}"


class Message(models.Model):
    """Keep one signed tally as it came, with how it was answered; the sequence of an edge has no gap."""

    edge = models.ForeignKey(Edge, on_delete=models.PROTECT, related_name="messages")
    sequence = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    batch = models.CharField(max_length=200)
    revision = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    envelope = models.BinaryField()
    provisional = models.JSONField()
    cases = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "sequence"], name="message_once")]
        indexes = [models.Index(fields=["received_at"], name="message_by_time")]

    def __str__(self) -> str:
        return f"{self.edge_id} {self.sequence}"


class Reading(models.Model):
    """Hold what the newest revision of a batch says of one program; `document` is its part of the tally."""

    edge = models.ForeignKey(Edge, on_delete=models.PROTECT, related_name="readings")
    batch = models.CharField(max_length=200)
    program = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    subscribers = models.CharField(max_length=10)
    found_at = models.DateTimeField()
    received_at = models.DateTimeField()
    infected = models.BigIntegerField()
    exposed = models.BigIntegerField()
    loss_fen = models.BigIntegerField()
    document = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "batch", "program"], name="reading_once")]
        indexes = [models.Index(fields=["program"], name="reading_by_program")]

    def __str__(self) -> str:
        return f"{self.program} {self.edge_id}"


class Heartbeat(models.Model):
    """Hold the last heartbeat of an edge: what it covers."""

    edge = models.OneToOneField(Edge, on_delete=models.PROTECT, primary_key=True, related_name="heartbeat")
    clock = models.DateTimeField()
    received_at = models.DateTimeField()
    sequence = models.BigIntegerField()
    release = models.BigIntegerField(null=True)
    sources = models.JSONField()

    def __str__(self) -> str:
        return self.edge_id
