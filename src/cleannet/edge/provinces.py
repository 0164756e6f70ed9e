"""Recognise a province by GB/T 2260 code or Chinese name; whatever else a log holds there is never passed on."""

from cleannet.core.terms import PROVINCES

_ENDINGS = ("维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市")
_CODES = {term.zh: code for code, term in PROVINCES.items()}


def province_code(text: str) -> str:
    """Return the two-digit code of a code of two or six digits or of a name, or "" when it is no province."""
    text = text.strip()
    if text.isascii():
        code = text[:2]
        return code if code in PROVINCES and (len(text) == 2 or (len(text) == 6 and text.isdecimal())) else ""
    for ending in _ENDINGS:
        if text.endswith(ending):
            text = text.removesuffix(ending)
            break
    return _CODES.get(text, "")
