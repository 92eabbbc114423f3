"""Canonical JSON by RFC 8785: one sequence of bytes for one value, whoever wrote it, so that it can be hashed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from json.encoder import encode_basestring

LONGEST_STEP = 60  # characters of a key in a message


class NotCanonical(ValueError):
    """A value that has no canonical JSON: NaN, an infinity, a lone surrogate, a key that is no string."""


def canonical_bytes(value) -> bytes:
    """The canonical JSON of `value` as UTF-8 (RFC 8785, JSON Canonicalization Scheme).

    Keys are sorted by their UTF-16 code units, numbers are written as ECMAScript writes a double, strings
    escape only what they must. Raises NotCanonical, naming the place, for anything that JSON cannot hold.

    >>> canonical_bytes({"b": [1.0, 1e21, 0.000001], "a": "é"}).decode()
    '{"a":"é","b":[1,1e+21,0.000001]}'
    """
    pieces: list[str] = []
    try:
        _write(value, pieces.append)
    except _Not as error:
        raise NotCanonical(error.sentence()) from None
    return "".join(pieces).encode("utf-8")


def canonical_sha256(value) -> str:
    """SHA-256 of the canonical JSON of `value`, 64 lower-case hexadecimal digits.

    >>> canonical_sha256({})[:16]
    '44136fa355b3678a'
    """
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def es_number(value: float) -> str:
    """A finite number as ECMAScript prints a double: the fewest digits that read back as the same double.

    >>> [es_number(x) for x in (100, 0.1, 1e-7, 333333333.33333329, -0.0)]
    ['100', '0.1', '1e-7', '333333333.3333333', '0']
    """
    number = float(value)
    if not math.isfinite(number):
        raise NotCanonical(f"{value!r} is not a finite number")
    if number == 0:
        return "0"  # ECMAScript drops the sign of zero
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    digits = (whole + part).lstrip("0")
    # `point`: the value is 0.DIGITS × 10^point
    point = int(exponent or 0) + (len(whole) if whole != "0" else len(digits) - len(part))
    digits = digits.rstrip("0")
    sign = "-" if number < 0 else ""
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _write(value, put) -> None:
    if value is None:
        put("null")
    elif value is True:
        put("true")
    elif value is False:
        put("false")
    elif isinstance(value, str):
        put(_string(value))
    elif isinstance(value, int):
        put(_whole(value))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _Not(f"is {value!r}, which is not a finite number")
        put(es_number(value))
    elif isinstance(value, Mapping):
        put("{")
        for index, key in enumerate(sorted(value, key=_utf16)):
            try:
                put("," if index else "")
                put(_string(key) + ":")
                _write(value[key], put)
            except _Not as error:
                raise error.inside(f".{key}") from None
        put("}")
    elif isinstance(value, (list, tuple)):
        put("[")
        for index, item in enumerate(value):
            try:
                put("," if index else "")
                _write(item, put)
            except _Not as error:
                raise error.inside(f"[{index}]") from None
        put("]")
    else:
        raise _Not(f"is a {type(value).__name__}, which JSON cannot hold")


class _Not(Exception):
    """What is wrong, and on its way out of the value the steps that lead there: a place is put into words only where it is needed."""

    def __init__(self, what: str):
        super().__init__(what)
        self.what, self.steps = what, []

    def inside(self, step: str) -> _Not:
        self.steps.append(step if len(step) <= LONGEST_STEP else step[: LONGEST_STEP - 1] + "…")
        return self

    def sentence(self) -> str:
        place = "".join(reversed(self.steps)).removeprefix(".").encode("utf-8", "replace").decode()
        return f"{place or 'the value'} {self.what}"


def _whole(value: int) -> str:
    """A whole number that is a double, or that is how ECMAScript prints one (beyond 2**53 it fills up with zeros)."""
    try:
        text = es_number(value)
    except OverflowError:
        text = ""
    if text and (str(value) == text or int(float(value)) == value):
        return text
    shown = value if abs(value) < 10**30 else f"of {value.bit_length()} bits"
    raise _Not(f"is a whole number ({shown}) that no double holds")


def _string(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _Not("holds half a character (a lone surrogate)") from None
    return encode_basestring(text)  # escapes exactly what RFC 8785 asks for, in the same spelling


def _utf16(key) -> bytes:
    if not isinstance(key, str):
        raise _Not(f"has the key {key!r}, but keys must be strings")
    return key.encode("utf-16-be", "surrogatepass")
