"""The steps of an order: from which states each may be taken, and where it leads."""

from collections.abc import Mapping

from cleannet.core.refusal import Refusal
from cleannet.hub.disposal.models import Order

STEPS: Mapping[str, tuple[frozenset[str], str]] = {
    "acknowledge": (frozenset({"issued"}), "acknowledged"),
    "feed_back_done": (frozenset({"issued", "acknowledged", "not_done"}), "done"),
    "feed_back_not_done": (frozenset({"issued", "acknowledged", "not_done"}), "not_done"),
    "verify_gone": (frozenset({"done", "not_done", "failed"}), "verified"),
    "verify_still_there": (frozenset({"done", "not_done", "failed"}), "failed"),
    "issue_again": (frozenset({"failed", "not_done"}), "reissued"),
}
FINAL = frozenset({"verified", "reissued"})


class OrderRefused(Refusal):
    """Say why an order, a feedback or a verification is not taken: `order.*`, `feedback.*`."""


class OutOfTurn(OrderRefused):
    """Say that an order is not in a state from which a step may be taken: `order.out_of_turn`."""


def take(order: Order, step: str, **columns: object) -> None:
    """Take one step as a compare-and-swap, with what it writes beside the state; raise OutOfTurn."""
    before, after = STEPS[step]
    moved = Order.objects.filter(pk=order.pk, status__in=before).update(status=after, **columns)
    if moved != 1:
        now = Order.objects.filter(pk=order.pk).values_list("status", flat=True).first()
        raise OutOfTurn("order.out_of_turn", order=order.number, step=step, status=now or "")
