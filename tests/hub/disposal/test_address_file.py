import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings
from tests.hub.disposal.address_files import write_ipdb, write_xdb

from cleannet.hub.disposal import address_file
from cleannet.hub.disposal.address_file import BadAddressFile, Place

TELECOM = Place(True, "32", "电信")
XDB = {
    "61.160.0.0/24": "中国|0|江苏省|南京市|电信",
    "61.160.1.0/24": "中国|浙江省|杭州市|电信|CN",
    "61.160.2.0/24": "中国|0|0|0|0",
    "8.8.8.0/24": "美国|0|加利福尼亚|0|谷歌",
    "61.170.1.0/24": "0|0|0|0|内网IP",
    "61.170.0.0/24": "中国|内蒙古自治区|0|联通|CN",
}
IPDB = {
    "61.160.0.0/24": {"country_name": "中国", "region_name": "江苏", "city_name": "南京", "isp_domain": "电信"},
    "61.160.1.0/24": {"country_name": "中国", "region_name": "浙江", "owner_domain": "移动"},
    "8.8.8.0/24": {"country_name": "美国"},
}


def xdb(folder: Path) -> Path:
    return write_xdb(folder / "a.xdb", XDB)


def ipdb(folder: Path) -> Path:
    return write_ipdb(folder / "a.ipdb", IPDB)


@pytest.mark.parametrize(
    ("write", "address", "expected"),
    [
        (xdb, "61.160.0.1", TELECOM),
        (xdb, "61.160.0.255", TELECOM),
        (xdb, "61.160.1.9", Place(True, "33", "电信")),
        (xdb, "61.160.2.9", Place(True, "", "")),
        (xdb, "61.170.0.3", Place(True, "15", "联通")),
        (xdb, "8.8.8.8", Place(False, "", "谷歌")),
        (xdb, "61.170.1.1", None),
        (xdb, "61.160.9.1", None),
        (xdb, "203.0.113.7", None),
        (xdb, "2001:db8::1", None),
        (ipdb, "61.160.0.1", TELECOM),
        (ipdb, "61.160.1.200", Place(True, "33", "移动")),
        (ipdb, "8.8.8.8", Place(False, "", "")),
        (ipdb, "203.0.113.7", None),
        (ipdb, "2001:db8::1", None),
    ],
)
def test_the_real_readers_say_where_an_address_is(
    settings: Settings, tmp_path: Path, write: Callable[[Path], Path], address: str, expected: Place | None
) -> None:
    settings.CLEANNET_ADDRESS_FILES = str(write(tmp_path))
    assert address_file.place(address) == expected


def test_without_a_file_nothing_is_known(settings: Settings) -> None:
    settings.CLEANNET_ADDRESS_FILES = ""
    assert address_file.place("61.160.0.1") is None


def test_the_first_file_that_knows_an_address_counts(settings: Settings, tmp_path: Path) -> None:
    other = write_xdb(
        tmp_path / "b.xdb", {"203.0.113.0/24": "中国|0|浙江省|0|移动", "61.160.0.0/24": "中国|0|0|0|移动"}
    )
    settings.CLEANNET_ADDRESS_FILES = f"{ipdb(tmp_path)}, {other}"
    assert address_file.place("203.0.113.7") == Place(True, "33", "移动")
    assert address_file.place("61.160.0.1") == TELECOM


def test_a_file_is_read_once_until_it_changes(settings: Settings, tmp_path: Path) -> None:
    path = xdb(tmp_path)
    first = address_file.opened(str(path))
    assert address_file.opened(str(path))[0] is first[0]
    write_xdb(path, {"61.160.0.0/24": "中国|0|浙江省|0|电信"})
    os.utime(path, ns=(1, 1))
    settings.CLEANNET_ADDRESS_FILES = str(path)
    assert address_file.place("61.160.0.1") == Place(True, "33", "电信")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.xdb", b""),
        ("a.xdb", b"\x03\x00" + b"\0" * 300),
        ("a.ipdb", b""),
        ("a.ipdb", b"\0\0\0\x02{}rest"),
        ("a.ipdb", b"\0\0\xff\xffno"),
        ("none.xdb", None),
    ],
)
def test_what_is_no_address_database_says_so(tmp_path: Path, name: str, data: bytes | None) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(BadAddressFile):
        address_file.opened(str(path))


@pytest.mark.parametrize("write", [xdb, ipdb])
def test_a_file_cut_short_is_refused_or_says_that_it_is_damaged(
    settings: Settings, tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    settings.CLEANNET_ADDRESS_FILES = str(path)
    with pytest.raises(BadAddressFile):
        address_file.place("61.170.0.3")
