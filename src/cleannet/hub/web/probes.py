"""Say to a machine whether the process is up and whether the hub can do its work."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from cleannet.hub.disposal import queries as orders
from cleannet.hub.ledger import queries as ledger
from cleannet.hub.web.access import Asked, open_to_all

OLDEST_DELIVERY = timedelta(minutes=15)
OLDEST_LOOK = timedelta(minutes=30)


@open_to_all()
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "up"})


@open_to_all()
def readyz(request: Asked) -> HttpResponse:
    """Say whether database, migrations, tick, seals, deliveries and looks are as they should be; 503 with the reasons
    where they are not.
    """
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if pending:
            return _answer([f"{pending} migrations are not applied."], {"pending_migrations": pending})
        health = ledger.health(now=request.now)
        delivery = orders.oldest_delivery(now=request.now)
        look = orders.oldest_look(now=request.now)
    except DatabaseError as error:
        return _answer([f"The database cannot be used: {type(error).__name__}."], {})
    reasons = list(health.alarms)
    if delivery and delivery > OLDEST_DELIVERY:
        reasons.append(f"A delivery has been waiting for {int(delivery.total_seconds())} s.")
    if look and look > OLDEST_LOOK:
        reasons.append(f"A look has been waiting for {int(look.total_seconds())} s.")
    return _answer(
        reasons,
        {
            "pending_migrations": pending,
            "lanes": {lane: _seconds(age) for lane, age in health.lanes.items()},
            "oldest_unsealed": _seconds(health.oldest_unsealed),
            "oldest_reminder": _seconds(health.oldest_reminder),
            "oldest_delivery": _seconds(delivery),
            "oldest_look": _seconds(look),
        },
    )


def _answer(reasons: list[str], figures: dict[str, object]) -> HttpResponse:
    status = "ready" if not reasons else "not ready"
    return JsonResponse({"status": status, "reasons": reasons, **figures}, status=503 if reasons else 200)


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else int(age.total_seconds())
