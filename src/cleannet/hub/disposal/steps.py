"""The steps of an order: from which states each may be taken, and where it leads."""

from collections.abc import Collection, Mapping

from cleannet.core.refusal import Refusal
from cleannet.hub.disposal.models import Order

_STANDING = ("issued", "acknowledged", "done", "not_done", "failed", "verified")
# What was not done stays so until it is fed back as done, whatever was seen meanwhile.
STEPS: Mapping[str, Mapping[str, str]] = {
    "acknowledge": {"issued": "acknowledged"},
    "feed_back_done": dict.fromkeys(("issued", "acknowledged", "not_done", "failed"), "done"),
    "feed_back_not_done": dict.fromkeys(("issued", "acknowledged", "not_done", "failed"), "not_done"),
    "verify_gone": dict.fromkeys(("done", "not_done", "failed"), "verified"),
    "verify_still_there": {"done": "failed", "failed": "failed", "not_done": "not_done"},
    "relapse": {"verified": "failed"},
    "issue_again": dict.fromkeys(("failed", "not_done"), "reissued"),
    "withdraw": dict.fromkeys(_STANDING, "withdrawn"),
    "expire": dict.fromkeys(_STANDING, "expired"),
    "lift": dict.fromkeys(_STANDING, "lifted"),
}
ENDED = frozenset({"withdrawn", "expired", "lifted"})
FINAL = frozenset({"verified", "reissued"}) | ENDED
AWAITED = frozenset(STEPS["feed_back_done"])
LOOKED_AT = frozenset(STEPS["verify_gone"])
WATCHED = LOOKED_AT | frozenset(STEPS["relapse"])
DISPOSED = frozenset({"done", "verified"})


class OrderRefused(Refusal):
    """Say why an order, a feedback or a verification is not taken: `order.*`, `feedback.*`."""


class OutOfTurn(OrderRefused):
    """Say that an order is not in a state from which a step may be taken: `order.out_of_turn`."""


def take(order: Order, step: str, **columns: object) -> None:
    """Take one step as a compare-and-swap, with what it writes beside the state; raise OutOfTurn."""
    here = Order.objects.filter(pk=order.pk)
    for before, after in STEPS[step].items():
        if here.filter(status=before).update(status=after, **columns) == 1:
            return
    now = here.values_list("status", flat=True).first()
    raise OutOfTurn("order.out_of_turn", order=order.number, step=step, status=now or "")


def take_all(orders: Collection[Order], step: str, **columns: object) -> None:
    """Take one step that leads everywhere to the same state for many orders, all or none; raise OutOfTurn.

    Call it inside a transaction.
    """
    (after,) = set(STEPS[step].values())
    numbers = [order.number for order in orders]
    here = Order.objects.filter(pk__in=numbers)
    if here.filter(status__in=STEPS[step]).update(status=after, **columns) == len(numbers):
        return
    late = here.exclude(status__in=STEPS[step]).exclude(status=after).first() or here.first()
    raise OutOfTurn(
        "order.out_of_turn", order=late.number if late else "", step=step, status=late.status if late else ""
    )
