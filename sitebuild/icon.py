"""The site's icon; the .ico is for what asks for that name without having read a page."""

import struct
import zlib

INK, PAPER = (0x1D, 0x27, 0x33, 0xFF), (0xF6, 0xF4, 0xEE, 0xFF)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="4" fill="#1d2733"/>'
    '<path d="M6 26V14M14 26V6M22 26V18M4 26h24" stroke="#f6f4ee" stroke-width="4" fill="none"/></svg>\n'
)
BARS = {6: 14, 14: 6, 22: 18}  # centre → top, as in the SVG


def _pixel(x: int, y: int) -> tuple[int, int, int, int]:
    bar = any(abs(x + 0.5 - centre) <= 2 and top <= y < 26 for centre, top in BARS.items())
    return PAPER if bar or (24 <= y < 28 and 4 <= x < 28) else INK


def ico() -> bytes:
    """A 32 × 32 icon file: one PNG in the container that browsers ask for by default."""
    rows = b"".join(b"\0" + bytes(v for x in range(32) for v in _pixel(x, y)) for y in range(32))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 32, 32, 8, 6, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 32, 32, 0, 0, 1, 32, len(png), 22) + png
