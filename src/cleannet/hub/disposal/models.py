"""Remember orders, what has to reach the network, what was fed back, and what was seen."""

from django.db import models
from django.db.models import Q

from cleannet.hub.disposal.route_models import Override as Override
from cleannet.hub.disposal.route_models import Registration as Registration
from cleannet.hub.disposal.route_models import Route as Route
from cleannet.hub.disposal.route_models import RouteTable as RouteTable
from cleannet.hub.disposal.route_models import Routing as Routing
from cleannet.hub.ledger.work import Work


class Order(models.Model):
    """Hold one 处置任务: one name, address or URL (`reach`) one party shall act on, under one notice; see `steps`.

    It stands on the network from the revision it `enters` to the one it `leaves`; a rule `in_zone` carries it out
    where it is an operator's, by name. `exempt` says why it was issued although an allow-list or its neighbours hold
    its target.
    """

    number = models.CharField(max_length=80, primary_key=True)
    case = models.CharField(max_length=64)
    notice = models.CharField(max_length=64)
    party = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=2000)
    reach = models.CharField(max_length=10)
    status = models.CharField(max_length=20, default="issued")
    reason = models.TextField(default="")
    issued_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    exempt = models.TextField(default="")
    in_zone = models.BooleanField(default=False)
    enters = models.PositiveBigIntegerField(default=0)
    leaves = models.PositiveBigIntegerField(null=True)
    again = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="earlier")
    # Since when a relapse would be one: its verification, or a person's word that what was seen was none.
    watched_from = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "party", "target"], name="order_once_per_notice")]
        indexes = [
            models.Index(fields=["case", "issued_at"], name="order_of_case"),
            models.Index(fields=["target"], condition=Q(leaves=None, in_zone=True), name="order_in_zone"),
            models.Index(fields=["until"], condition=Q(leaves=None), name="order_until"),
            models.Index(fields=["enters"], name="order_enters"),
            models.Index(fields=["leaves"], name="order_leaves"),
        ]

    def __str__(self) -> str:
        return self.number


class Batch(models.Model):
    """Hold orders put together on a case, issued as one when a second person confirms them; see `batches`.

    `wanted` are triples of party, kind and target; `exempt` says of targets why and until when they are ordered
    although an allow-list or their neighbours hold them; `grade` is the one it was drafted at. `decided_by` issued or
    declined it; what one person issued alone, another countersigns.
    """

    number = models.CharField(max_length=80, primary_key=True)
    case = models.CharField(max_length=64)
    grade = models.CharField(max_length=5)
    party = models.CharField(max_length=64)
    wanted = models.JSONField()
    again = models.BooleanField()
    changes = models.JSONField()
    exempt = models.JSONField()
    until = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, default="waiting")
    reason = models.TextField(default="")
    notice = models.CharField(max_length=64, default="")
    drafted_by = models.CharField(max_length=32)
    drafted_at = models.DateTimeField()
    decided_by = models.CharField(max_length=32, default="")
    decided_at = models.DateTimeField(null=True)
    countersigned_by = models.CharField(max_length=32, default="")
    countersigned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["case", "drafted_at"], name="batch_of_case")]

    def __str__(self) -> str:
        return self.number


class Appeal(models.Model):
    """Hold one appeal against the orders on a target, by the number of its complaint; see `appeals`.

    `orders` are the numbers of those that stood when it came; `said` and `materials` are references of hub.blobs.
    """

    number = models.CharField(max_length=120, primary_key=True)
    case = models.CharField(max_length=64)
    party = models.CharField(max_length=64)
    target = models.CharField(max_length=2000)
    orders = models.JSONField()
    said = models.CharField(max_length=64)
    materials = models.JSONField()
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=32)
    status = models.CharField(max_length=10, default="open")
    reason = models.TextField(default="")
    remedy = models.TextField(default="")
    granted = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["case", "received_at"], name="appeal_of_case")]

    def __str__(self) -> str:
        return self.number


class Delivery(Work):
    """Hold that one place has to be brought up to one revision of what stands; see `delivery` for what it `does`."""

    channel = models.CharField(max_length=20)
    revision = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    does = models.CharField(max_length=10, default="bring")

    class Meta(Work.Meta):
        abstract = False
        indexes = [*Work.Meta.indexes, models.Index(fields=["channel", "revision"], name="delivery_of_channel")]


class Arrival(Work):
    """Hold what has to be entered still: which orders came to a place by one delivery, which left it, and which
    `perhaps` did both between two tries; and when the place had it.
    """

    place = models.CharField(max_length=20)
    came = models.JSONField()
    left = models.JSONField()
    perhaps = models.JSONField()
    at = models.DateTimeField()

    class Meta(Work.Meta):
        abstract = False


class Fetch(models.Model):
    """Hold up to which revision a party's own platform has fetched its feed."""

    party = models.CharField(max_length=64, primary_key=True)
    revision = models.PositiveBigIntegerField()
    fetched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.party} {self.revision}"


class Probe(Work):
    """Hold one look at an order's target, asked for or `scheduled` after its verification; leased, and over once it
    was seen from every vantage.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="probes")
    scheduled = models.BooleanField(default=False)

    class Meta(Work.Meta):
        abstract = False


class Asked(models.Model):
    """Hold when a look last asked a host, so that no process asks it again too soon."""

    host = models.CharField(max_length=253, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.host


class Inside(models.Model):
    """Hold one request to an edge to look from inside its party's network: answered once, and never after its end."""

    id = models.CharField(max_length=32, primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="insides")
    edge = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["edge", "expires_at"], name="inside_of_edge")]

    def __str__(self) -> str:
        return self.id


class Feedback(models.Model):
    """Hold one feedback (附件五) of a party on a notice; `items` says per order what was done or why not.

    It is `settled` once it was answered with a certain verdict on every order it speaks of.
    """

    number = models.CharField(max_length=200, primary_key=True)
    case = models.CharField(max_length=64)
    notice = models.CharField(max_length=64)
    party = models.CharField(max_length=64)
    person = models.CharField(max_length=32)
    items = models.JSONField()
    users_told = models.PositiveIntegerField(null=True)
    disposed_at = models.DateTimeField()
    fed_back_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    settled = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["case", "fed_back_at"], name="feedback_of_case")]

    def __str__(self) -> str:
        return self.number


class Sighting(models.Model):
    """Hold one look at an order's target from one vantage: what answered, what that says, and whether it decides."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="sightings")
    kind = models.CharField(max_length=10)
    vantage = models.CharField(max_length=300)
    decides = models.BooleanField()
    verdict = models.CharField(max_length=12)
    evidence = models.JSONField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "seen_at"], name="sighting_of_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.verdict}"
