"""Word an assessment as lines for a terminal: Chinese first, addresses written so that none becomes a link."""

from collections.abc import Iterator, Sequence

from cleannet.apk.assessment import Address, Assessment, Behaviour, Signing

SHOWN = 40


def lines(assessment: Assessment, indent: str = "") -> Iterator[str]:
    """Yield the lines of an assessment; the whole of long lists is in its JSON form."""
    for line in _own(assessment):
        yield f"{indent}{line}".rstrip()
    for inner in assessment.inside:
        yield ""
        yield from lines(inner, f"{indent}    ")


def defanged(text: str) -> str:
    """Return an address written so that nothing takes it for a link."""
    return text.replace("http", "hxxp", 1).replace(".", "[.]") if text.startswith("http") else text.replace(".", "[.]")


def _own(told: Assessment) -> Iterator[str]:
    yield f"样本 Sample: {told.name} ({told.kind}, {told.size:,} bytes, {told.entries} entries)"
    if told.digests:
        yield f"  MD5     {told.digests.md5}"
        yield f"  SHA-1   {told.digests.sha1}"
        yield f"  SHA-256 {told.digests.sha256}"
        yield f"  TLSH    {told.digests.tlsh or '-'}"
    if told.manifest:
        one = told.manifest
        yield f"程序 Program: {one.label or '-'}  {one.package} {one.version_name} ({one.version_code})"
        yield f"  SDK {one.min_sdk or '-'} … {one.target_sdk or '-'}, 组件 components: {len(one.components)}"
        yield from _listed("权限 Permissions", one.permissions)
    if told.signing:
        yield from _signing(told.signing)
    for code in told.code:
        yield (
            f"代码 Code: {code.place}, version {code.version}: {code.strings} strings, {code.methods} methods, "
            f"{code.classes} classes"
        )
    yield from _listed("加固 Packed by", [f"{one.name}: {one.place}" for one in told.packers])
    yield from _listed("原生库 Native libraries", [one.place for one in told.libraries])
    yield from _listed(
        "内嵌载荷 Embedded payloads", [f"{one.place} ({one.kind}, {one.size} bytes)" for one in told.payloads]
    )
    yield from _listed("结构异常 Oddities of the file", told.signs)
    if told.addresses:
        yield f"地址 Addresses: {len(told.addresses)} (候选，须证实 candidates, to be confirmed)"
        yield from (line for address in told.addresses[:SHOWN] for line in _address(address))
        yield from _more(len(told.addresses))
    if told.behaviours:
        yield "恶意行为证据 Evidence of behaviours (由人认定 a person decides):"
        for number, behaviour in enumerate(told.behaviours, 1):
            yield from _behaviour(number, behaviour)
    yield from _listed("未读出 Not read", [f"{one.part}: {one.reason}" for one in told.not_read])


def _listed(heading: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield f"{heading}: {len(entries)}"
        yield from (f"  {entry}" for entry in entries[:SHOWN])
        yield from _more(len(entries))


def _more(count: int) -> Iterator[str]:
    if count > SHOWN:
        yield f"  … {count - SHOWN} 项从略 more: --json"


def _signing(told: Signing) -> Iterator[str]:
    yield f"签名 Signed: {', '.join(told.schemes) or '无 no'}"
    for one in told.certificates:
        public = f"  Android 公开密钥 public key “{one.public_key_of}”" if one.public_key_of else ""
        yield f"  {one.subject or '?'}  {one.key}  {one.not_before[:10]} … {one.not_after[:10]}{public}"
        yield f"    SHA-1 {one.sha1}  SHA-256 {one.sha256}"


def _address(one: Address) -> Iterator[str]:
    form = "" if one.form == "plain" else f" [{one.form}]"
    verdict = f"{one.verdict}: " if one.verdict else ""
    source = f" ({one.list}: {one.listed})" if one.listed else ""
    yield f"  {one.kind} {defanged(one.text)}{form} ×{one.count}  {verdict}{one.zh} {one.en}{source}"
    yield f"      {'; '.join(one.places)}"


def _behaviour(number: int, told: Behaviour) -> Iterator[str]:
    none = "" if told.evidence else ": 无 none"
    yield f"  {number} {told.zh} {told.en}{none}"
    for evidence in told.evidence:
        yield f"    - {evidence.zh} {evidence.en}"
        for piece in evidence.pieces:
            yield f"        {piece.kind} {piece.text} @ {'; '.join(piece.places)}"
