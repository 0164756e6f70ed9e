"""Recognise a province by GB/T 2260 code or Chinese name; whatever else a log holds there is never passed on."""

_NAMES = {
    "11": "北京",
    "12": "天津",
    "13": "河北",
    "14": "山西",
    "15": "内蒙古",
    "21": "辽宁",
    "22": "吉林",
    "23": "黑龙江",
    "31": "上海",
    "32": "江苏",
    "33": "浙江",
    "34": "安徽",
    "35": "福建",
    "36": "江西",
    "37": "山东",
    "41": "河南",
    "42": "湖北",
    "43": "湖南",
    "44": "广东",
    "45": "广西",
    "46": "海南",
    "50": "重庆",
    "51": "四川",
    "52": "贵州",
    "53": "云南",
    "54": "西藏",
    "61": "陕西",
    "62": "甘肃",
    "63": "青海",
    "64": "宁夏",
    "65": "新疆",
    "71": "台湾",
    "81": "香港",
    "82": "澳门",
}
_ENDINGS = ("维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市")
_CODES = {name: code for code, name in _NAMES.items()}


def province_code(text: str) -> str:
    """Return the two-digit code of a code of two or six digits or of a name, or "" when it is no province."""
    text = text.strip()
    if text.isascii():
        code = text[:2]
        return code if code in _NAMES and (len(text) == 2 or (len(text) == 6 and text.isdecimal())) else ""
    for ending in _ENDINGS:
        if text.endswith(ending):
            text = text.removesuffix(ending)
            break
    return _CODES.get(text, "")
