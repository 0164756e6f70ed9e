"""Write small address databases in the formats of ip2region (.xdb) and IPIP (.ipdb), which the real readers read."""

import ipaddress
import json
import struct
from collections.abc import Mapping
from pathlib import Path

HEADER, VECTOR = 256, 256 * 256 * 8


def write_xdb(path: Path, networks: Mapping[str, str], version: int = 2) -> Path:
    """Write IPv4 networks, none across a /16's border, with a text each; a gap between them is left out."""
    texts, segments = b"", []
    base = HEADER + VECTOR
    for network in sorted(map(ipaddress.IPv4Network, networks)):
        text = networks[str(network)].encode()
        segments.append((int(network[0]), int(network[-1]), len(text), base + len(texts)))
        texts += text
    index = base + len(texts)
    vector = bytearray(VECTOR)
    for place, (first, *_) in enumerate(segments):
        slot = (first >> 16) * 8
        start, _ = struct.unpack_from("<II", vector, slot)
        struct.pack_into("<II", vector, slot, start or index + place * 14, index + place * 14)
    header = struct.pack("<HHIIIHH", version, 1, 0, index, index + (len(segments) - 1) * 14, 4, 4).ljust(HEADER, b"\0")
    packed = b"".join(struct.pack("<IIHI", *segment) for segment in segments)
    path.write_bytes(header + bytes(vector) + texts + packed)
    return path


def write_ipdb(path: Path, networks: Mapping[str, Mapping[str, str]]) -> Path:
    """Write IPv4 networks with named columns each, as a tree of bits below ::ffff:0:0/96."""
    fields = ["country_name", "region_name", "city_name", "owner_domain", "isp_domain"]
    nodes: list[list[int | str | None]] = [[None, None]]

    def child(node: int, bit: int) -> int:
        if not isinstance(nodes[node][bit], int):
            nodes.append([None, None])
            nodes[node][bit] = len(nodes) - 1
        found = nodes[node][bit]
        assert isinstance(found, int)
        return found

    for text in networks:
        network = ipaddress.IPv4Network(text)
        bits = [0] * 80 + [1] * 16 + [int(network[0]) >> (31 - place) & 1 for place in range(network.prefixlen)]
        node = 0
        for bit in bits[:-1]:
            node = child(node, bit)
        nodes[node][bits[-1]] = text
    count, data, places = len(nodes), b"", {}
    for text, columns in networks.items():
        row = "\t".join(columns.get(name, "") for name in fields).encode()
        places[text] = count + len(data) + 8
        data += struct.pack(">H", len(row)) + row
    tree = b"".join(
        struct.pack(">I", places[side] if isinstance(side, str) else count if side is None else side)
        for node in nodes
        for side in node
    )
    body = tree + b"\0" * 8 + data
    meta = {
        "build": 1,
        "ip_version": 1,
        "languages": {"CN": 0},
        "node_count": count,
        "total_size": len(body),
        "fields": fields,
    }
    written = json.dumps(meta).encode()
    path.write_bytes(struct.pack(">I", len(written)) + written + body)
    return path
