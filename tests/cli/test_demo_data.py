import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cleannet.cli import demo_data as data
from cleannet.cli.demo_data import OPERATORS, Logs, Operator
from cleannet.edge import mapping
from cleannet.edge.subscribers import normalise

BEGIN = datetime(2026, 11, 21, 2, tzinfo=UTC)
A, B = OPERATORS


def logs(folder: Path, operator: Operator = A) -> Logs:
    folder.mkdir(parents=True, exist_ok=True)
    return Logs(operator, folder, BEGIN)


def numbers(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {normalise(row[1]) for row in csv.reader(file)} - {""}


def reached(path: Path) -> int:
    """Return how many distinct subscribers asked for a control server of the big program."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[2].lower().endswith((data.CONTROL, data.BACKUP))]
    return len({normalise(row[1]) for row in rows if len(row) == 4} - {""})


def test_the_same_beginning_gives_the_same_rows(tmp_path: Path) -> None:
    first, second = logs(tmp_path / "1"), logs(tmp_path / "2")
    assert first.dns_until(36).read_bytes() == second.dns_until(36).read_bytes()
    assert first.bills_between(0, 20).read_bytes() == second.bills_between(0, 20).read_bytes()


def test_a_log_grows_and_what_was_written_stays(tmp_path: Path) -> None:
    growing = logs(tmp_path / "1")
    early = growing.dns_until(5).read_bytes()
    late = growing.dns_until(16).read_bytes()
    assert late.startswith(early)
    assert late == logs(tmp_path / "2").dns_until(16).read_bytes()


@pytest.mark.parametrize(
    ("operator", "hour", "expected"),
    [(A, 2, 3_000), (A, 5, 10_800), (A, 36, 58_200), (B, 10.5, 10_600), (B, 36, 44_600)],
)
def test_the_big_program_reaches_its_milestones(tmp_path: Path, operator: Operator, hour: float, expected: int) -> None:
    assert reached(logs(tmp_path, operator).dns_until(hour)) == expected


def test_no_number_is_in_a_range_an_operator_has_and_none_is_in_both_logs(tmp_path: Path) -> None:
    first, second = (numbers(logs(tmp_path / op.party, op).dns_until(36)) for op in OPERATORS)
    assert {number[:6] for number in first} == {"861640"}
    assert {number[:6] for number in second} == {"861690"}


def test_two_subscribers_have_two_numbers() -> None:
    assert len({data.number(A, index) for index in range(200_000)}) == 200_000


def test_the_fees_pass_a_million_yuan_only_with_the_second_file(tmp_path: Path) -> None:
    (tmp_path / "bill.toml").write_text(data.BILL_MAPPING)
    means = mapping.load(tmp_path / "bill.toml")
    made = logs(tmp_path)
    sums = []
    for path in (made.bills_between(0, 20), made.bills_between(20, 26)):
        with path.open(encoding="utf-8", newline="") as file:
            records = {row["cdr"]: means.fen(row["fee"], row["kind"]) for row in csv.DictReader(file)}
        sums.append(sum(fen or 0 for fen in records.values()))
    assert 0 < sums[0] < 100_000_000 < sum(sums)
    assert made.bills_between(26, 36).read_text().count("\n") == 1


def test_the_mappings_fit_their_files_and_no_other(tmp_path: Path) -> None:
    for name, text in (("dns.toml", data.DNS_MAPPING), ("bill.toml", data.BILL_MAPPING)):
        (tmp_path / name).write_text(text)
    dns, bill = mapping.load(tmp_path / "dns.toml"), mapping.load(tmp_path / "bill.toml")
    assert (dns.fits("dns.csv"), dns.fits("bill-00-20.csv")) == (True, False)
    assert (bill.fits("dns.csv"), bill.fits("bill-00-20.csv")) == (False, True)
