import pytest

from cleannet.edge.names import shown


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("13800001112.csv", "….csv"),
        ("/logs/+8613800001112/a.csv", "/logs/+…/a.csv"),
        ("008613800001112-dns.log", "…-dns.log"),
        ("1064812345678", "…"),
        ("+86 138-0000-1112.csv", "+86 ….csv"),
        ("(138) 0000 1112", "(138) 0000 1112"),
        ("x138.0000.1112", "x…"),
        ("١٣٨٠٠٠٠١١١٢", "…"),
        ("1380000111", "1380000111"),
        ("dns-2026-11-22-080000.log", "dns-2026-11-22-080000.log"),
        ("dns-20261122-0800.log", "dns-20261122-0800.log"),
        ("dns.20261122080000.log", "dns.….log"),
        ("\udcff.csv", "?.csv"),
    ],
)
def test_no_name_shows_a_number(name: str, left: str) -> None:
    assert shown(name) == left
