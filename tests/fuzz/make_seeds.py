#!/usr/bin/env python3
"""Writes the seeds of the fuzz corpus: small inputs that are in order, made up from nothing.

    make_seeds.py FOLDER      writes FOLDER/TARGET/seed_NAME for every target

Needs Python 3.9, for JPEG and JPEG 2000 Pillow, and for a signed seat cryptography. Nothing here comes from anybody's file. A seed that a later format no longer takes is
harmless, only less useful: the fuzzer starts from it all the same.
"""

import hashlib
import io
import json
import pathlib
import random
import re
import sqlite3
import struct
import sys
import zipfile
import zlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image

OUT = pathlib.Path(sys.argv[1])
HERE = pathlib.Path(__file__).parent
LONG = (b"OB", b"OW", b"OF", b"OD", b"OV", b"SQ", b"UN", b"UT")
CT, MR, PET, US, SC, SEG, GSPS, ENHANCED = (
    "1.2.840.10008.5.1.4.1.1." + t for t in ("2", "4", "128", "6.1", "7", "66.4", "11.1", "2.1"))
random.seed(3)


def keep(target, name, data):
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed_{name}").write_bytes(data)


def even(value, pad=b"\0"):
    return value + pad if len(value) % 2 else value


def element(tag, vr, value, order="<", explicit=True):
    """One element; a value is bytes, text, a list of numbers or, for SQ, a list of items."""
    vr = vr.encode()
    if vr == b"SQ":
        value = b"".join(
            struct.pack(order + "HHI", 0xFFFE, 0xE000, len(i)) + i
            for i in (data_set(item, order, explicit) for item in value))
    elif isinstance(value, str):
        value = even(value.encode(), b"\0" if vr == b"UI" else b" ")
    elif isinstance(value, list):
        kind = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"OW": "H", b"FL": "f", b"FD": "d", b"OV": "Q", b"AT": "H"}[vr]
        value = struct.pack(order + str(len(value)) + kind, *value)
    group, number = tag >> 16, tag & 0xFFFF
    if not explicit:
        return struct.pack(order + "HHI", group, number, len(value)) + value
    if vr in LONG:
        return struct.pack(order + "HH2sHI", group, number, vr, 0, len(value)) + value
    return struct.pack(order + "HH2sH", group, number, vr, len(value)) + value


def data_set(elements, order="<", explicit=True):
    return b"".join(element(*e, order, explicit) for e in sorted(elements, key=lambda e: e[0]))


def whole(syntax, body, preamble=True):
    meta = data_set([(0x00020001, "OB", b"\0\1"), (0x00020010, "UI", syntax)])
    meta = element(0x00020000, "UL", [len(meta)]) + meta
    return (b"\0" * 128 + b"DICM" if preamble else b"") + meta + body


def fragments(frames, table=None):
    item = lambda b: struct.pack("<HHI", 0xFFFE, 0xE000, len(b)) + b
    head = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    table = b"" if table is None else struct.pack(f"<{len(table)}I", *table)
    return head + item(table) + b"".join(item(even(f)) for f in frames) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def pixels(columns=6, rows=5, allocated=16, stored=12, high=None, signed=0, samples=1, colour="MONOCHROME2", frames=None):
    found = [
        (0x00280002, "US", [samples]), (0x00280004, "CS", colour), (0x00280010, "US", [rows]), (0x00280011, "US", [columns]),
        (0x00280100, "US", [allocated]), (0x00280101, "US", [stored]),
        (0x00280102, "US", [stored - 1 if high is None else high]), (0x00280103, "US", [signed])]
    if samples == 3:
        found.append((0x00280006, "US", [0]))
    if frames:
        found.append((0x00280008, "IS", str(frames)))
    return found


def ids(sop=CT, modality="CT", n=1):
    return [
        (0x00080016, "UI", sop), (0x00080018, "UI", f"1.2.3.{n}"), (0x00080060, "CS", modality), (0x00100020, "LO", "P"),
        (0x0020000D, "UI", "1.2.1"), (0x0020000E, "UI", "1.2.2"), (0x00200013, "IS", str(n)), (0x00200052, "UI", "1.2.4")]


PLANE = [
    (0x00200032, "DS", "-10\\-20\\30.5"), (0x00200037, "DS", "1\\0\\0\\0\\1\\0"), (0x00280030, "DS", "0.5\\0.75"), (0x00180050, "DS", "1")]
RESCALE = [(0x00281052, "DS", "-1024"), (0x00281053, "DS", "1"), (0x00281050, "DS", "40\\-600"), (0x00281051, "DS", "400\\1500"),
           (0x00281055, "LO", "A\\B"), (0x00280120, "US", [7])]
LITTLE, IMPLICIT, BIG, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
words = lambda n, top=4096: [random.randrange(top) for _ in range(n)]
raw = lambda n: bytes(random.randrange(256) for _ in range(n))
deflate = lambda b: (lambda z: z.compress(b) + z.flush())(zlib.compressobj(9, zlib.DEFLATED, -15))


def rle(planes):
    """Segments of byte runs, one a plane: literal runs and, where all bytes are one, a repeat."""
    segments = []
    for plane in planes:
        out = b""
        for at in range(0, len(plane), 100):
            part = plane[at:at + 100]
            out += bytes([257 - len(part), part[0]]) if len(set(part)) == 1 and len(part) > 1 else bytes([len(part) - 1]) + part
        segments.append(even(out))
    at, offsets = 64, []
    for s in segments:
        offsets.append(at)
        at += len(s)
    return struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(offsets))) + b"".join(segments)


def codestream(kind, mode, size=(16, 12), **options):
    image = Image.new(mode, size)
    for x in range(size[0]):
        for y in range(size[1]):
            image.putpixel((x, y), (x * 9 + y) % 256 if mode == "L" else (x * 251 + y * 7) % 4096 if mode == "I;16" else (x * 9, y * 9, 80))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def lossless_jpeg(columns, rows, bits=8):
    """Process 14, selection value 1, of a constant image: every difference is category 0, code 0."""
    sof = struct.pack(">HBHHB3B", 11, bits, rows, columns, 1, 1, 0x11, 0)
    dht = struct.pack(">HB16B2B", 21, 0, *([0, 2] + [0] * 14), 0, 1)
    sos = struct.pack(">HB2B3B", 8, 1, 1, 0, 1, 0, 0)
    return b"\xff\xd8\xff\xc3" + sof + b"\xff\xc4" + dht + b"\xff\xda" + sos + b"\0" * (columns * rows // 4 + 1) + b"\xff\xd9"


def images():
    plain = ids() + PLANE + RESCALE + pixels()
    value = (0x7FE00010, "OW", words(30))
    yield "explicit", whole(LITTLE, data_set(plain + [value]))
    yield "bare", data_set(plain + [value])
    yield "implicit", whole(IMPLICIT, data_set(plain + [value], "<", False), preamble=False)
    yield "bare_implicit", data_set(plain + [value], "<", False)
    yield "big", whole(BIG, data_set(plain + [value], ">"))
    yield "deflated", whole(DEFLATED, deflate(data_set(plain + [value])))
    signed = ids() + PLANE + pixels(signed=1, stored=16, allocated=16) + [(0x00280106, "SS", [-5]), (0x00280120, "SS", [-2000])]
    yield "signed", whole(LITTLE, data_set(signed + [value]))
    yield "high_bit", whole(LITTLE, data_set(ids() + pixels(stored=10, high=15) + [value]))
    yield "eight", whole(LITTLE, data_set(ids(SC, "OT") + pixels(allocated=8, stored=8, colour="MONOCHROME1") + [(0x7FE00010, "OB", raw(30))]))
    yield "long", whole(LITTLE, data_set(ids(MR, "MR") + pixels(allocated=32, stored=32, signed=1) + [(0x7FE00010, "OW", raw(120))]))
    yield "bits", whole(LITTLE, data_set(ids(SC, "OT") + pixels(allocated=1, stored=1, frames=3) + [(0x7FE00010, "OB", raw(12))]))
    real = ids(MR, "MR") + pixels(allocated=32, stored=32)[:5]
    yield "float", whole(LITTLE, data_set(real + [(0x7FE00008, "OF", struct.pack("<30f", *[random.gauss(0, 9) for _ in range(30)]))]))
    real = ids(MR, "MR") + pixels(allocated=64, stored=64)[:5]
    yield "double", whole(LITTLE, data_set(real + [(0x7FE00009, "OD", struct.pack("<30d", *[random.gauss(0, 9) for _ in range(30)]))]))
    rgb = lambda colour="RGB", **more: ids(SC, "OT") + pixels(allocated=8, stored=8, samples=3, colour=colour, **more)
    yield "rgb", whole(LITTLE, data_set(rgb() + [(0x7FE00010, "OB", raw(90))]))
    yield "ybr_422", whole(LITTLE, data_set(rgb("YBR_FULL_422") + [(0x7FE00010, "OB", raw(60))]))
    tables = [(0x00281101 + i, "US", [16, 0, 16]) for i in range(3)] + [(0x00281201 + i, "OW", words(16, 65536)) for i in range(3)]
    palette = ids(SC, "OT") + pixels(allocated=8, stored=8, colour="PALETTE COLOR")
    yield "palette", whole(LITTLE, data_set(palette + tables + [(0x7FE00010, "OB", raw(30))]))
    parts = [(0x00281101 + i, "US", [8, 0, 16]) for i in range(3)] + [(0x00281221 + i, "OW", [0, 2, 0, 0, 1, 4, 0x4000, 2, 1, 0, 0]) for i in range(3)]
    yield "segmented", whole(LITTLE, data_set(palette + parts + [(0x7FE00010, "OB", raw(30))]))
    lut = lambda first, top: [(0x00283002, "US", [16, first, 16]), (0x00283003, "LO", "L"), (0x00283004, "LO", "OD"), (0x00283006, "OW", words(16, top))]
    luts = [(0x00283000, "SQ", [lut(0, 4096)]), (0x00283010, "SQ", [lut(5, 65536), lut(0, 65536)])]
    yield "tables", whole(LITTLE, data_set(ids() + pixels() + luts + [(0x20500020, "CS", "INVERSE"), (0x00281056, "CS", "SIGMOID"), value]))
    over = [(0x60000010, "US", [5]), (0x60000011, "US", [6]), (0x60000040, "CS", "G"), (0x60000050, "SS", [1, 1]), (0x60000100, "US", [1]),
            (0x60000102, "US", [0]), (0x60003000, "OW", [3, 7])]
    yield "overlay", whole(LITTLE, data_set(ids() + pixels() + over + [value]))
    unused = [(0x60020010, "US", [5]), (0x60020011, "US", [6]), (0x60020040, "CS", "R"), (0x60020050, "SS", [1, 1]), (0x60020100, "US", [16]), (0x60020102, "US", [13])]
    yield "overlay_in_bits", whole(LITTLE, data_set(ids() + pixels() + unused + [value]))
    pet = ids(PET, "PT") + PLANE + RESCALE[:2] + pixels() + [
        (0x00541001, "CS", "BQML"), (0x00541102, "CS", "START"), (0x00541300, "DS", "0"), (0x00080021, "DA", "20200101"), (0x00080031, "TM", "120000"),
        (0x00080022, "DA", "20200101"), (0x00080032, "TM", "120000"), (0x00101030, "DS", "70"), (0x00280051, "CS", "ATTN\\DECY"),
        (0x00540016, "SQ", [[(0x00181072, "TM", "110000"), (0x00181074, "DS", "370000000"), (0x00181075, "DS", "6586.2")]])]
    yield "pet", whole(LITTLE, data_set(pet + [value]))
    region = [(0x00186011, "SQ", [[(0x00186024, "US", [3]), (0x00186026, "US", [3]), (0x00186018, "UL", [0]), (0x0018601A, "UL", [0]),
              (0x0018601C, "UL", [5]), (0x0018601E, "UL", [4]), (0x0018602C, "FD", [0.1]), (0x0018602E, "FD", [0.2])]])]
    yield "ultrasound", whole(LITTLE, data_set(ids(US, "US") + region + [(0x00181063, "DS", "40")] + pixels(allocated=8, stored=8, frames=2) + [(0x7FE00010, "OB", raw(60))]))
    group = lambda z: [(0x00209113, "SQ", [[(0x00200032, "DS", f"0\\0\\{z}")]]), (0x00289145, "SQ", [[(0x00281052, "DS", "0"), (0x00281053, "DS", f"{z + 1}")]]),
                       (0x00289132, "SQ", [[(0x00281050, "DS", "10"), (0x00281051, "DS", "20")]])]
    shared = [(0x00209116, "SQ", [[(0x00200037, "DS", "1\\0\\0\\0\\1\\0")]]), (0x00289110, "SQ", [[(0x00280030, "DS", "1\\1"), (0x00180050, "DS", "2")]])]
    enhanced = ids(ENHANCED, "CT") + pixels(frames=2) + [(0x52009229, "SQ", [shared]), (0x52009230, "SQ", [group(0), group(2)])]
    yield "enhanced", whole(LITTLE, data_set(enhanced + [(0x7FE00010, "OW", words(60))]))
    named = lambda n: [(0x0062000A, "SQ", [[(0x0062000B, "US", [n])]])]
    segmentation = ids(SEG, "SEG") + pixels(allocated=1, stored=1, frames=2) + [
        (0x00620001, "CS", "BINARY"), (0x00620002, "SQ", [[(0x00620004, "US", [1])]]), (0x52009230, "SQ", [named(1), named(1)])]
    yield "segmentation", whole(LITTLE, data_set(segmentation + [(0x7FE00010, "OB", raw(8))]))
    tiles = [(0x00209311, "CS", "TILED_FULL"), (0x00480006, "UL", [12]), (0x00480007, "UL", [5])]
    shutter = [(0x00181600, "CS", "CIRCULAR\\POLYGONAL"), (0x00181610, "IS", "3\\3"), (0x00181612, "IS", "2"), (0x00181620, "IS", "1\\1\\1\\6\\5\\1")]
    yield "tiles", whole(LITTLE, data_set(ids(SC, "OT") + tiles + shutter + pixels(allocated=8, stored=8, frames=2) + [(0x7FE00010, "OB", bytes(60))]))
    yield "presentation", whole(LITTLE, data_set(state("1.2.3.1")))
    yield "report", whole(LITTLE, data_set([(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.88.22"), (0x00080018, "UI", "1.2.3.9"), (0x00080060, "CS", "SR")]))
    for name, frame, more in compressed():
        syntax, columns, rows, samples, allocated, stored, colour = frame
        colour = {"grey": "MONOCHROME2", "rgb": "RGB", "ybr": "YBR_FULL"}[colour]
        module = pixels(columns, rows, allocated, stored, samples=samples, colour=colour)
        yield name, whole(syntax, data_set(ids(SC, "OT") + module) + fragments([more]))
    frame = rle([bytes([1] * 30), raw(30)])
    two = data_set(ids(US, "US") + pixels(allocated=16, stored=16, frames=2))
    yield "rle_table", whole("1.2.840.10008.1.2.5", two + fragments([frame, frame], [0, len(even(frame)) + 8]))
    extended = [(0x7FE00001, "OV", [0, len(even(frame)) + 8]), (0x7FE00002, "OV", [len(frame), len(frame)])]
    yield "rle_extended_table", whole("1.2.840.10008.1.2.5", two + data_set(extended) + fragments([frame, frame]))
    part = codestream("JPEG", "L")
    split = data_set(ids(US, "US") + pixels(16, 12, 8, 8, frames=2))
    yield "jpeg_in_parts", whole("1.2.840.10008.1.2.4.50", split + fragments([part[:100], part[100:], part[:200], part[200:]]))


def leaks():
    """What the leak scan reads besides attributes: boxes, comments and profiles beside pixels, words in numbers, and what stands behind."""
    module = ids(SC, "OT") + pixels(allocated=8, stored=8)
    value = (0x7FE00010, "OB", bytes(range(30)))
    box = lambda kind, body: struct.pack(">I4s", len(body) + 8, kind) + body
    boxes = [box(b"JXL ", b"\r\n\x87\n"), box(b"ftyp", b"jxl \0\0\0\0jxl "), box(b"jxll", b"\n"), box(b"Exif", b"\0\0\0\0MM\0*GARCIA"),
             box(b"jxlp", b"\0\0\0\0\xff\n" + bytes(20)), box(b"xml ", b"<x>2021-03-04</x>"), box(b"brob", b"Exif" + bytes(8)),
             struct.pack(">I4sQ", 1, b"jxlp", 24) + b"\x80\0\0\1ab\0\0", struct.pack(">I4s", 0, b"jumb") + b"4471203"]
    yield "jpeg_xl", whole("1.2.840.10008.1.2.4.110", data_set(module) + fragments([b"".join(boxes)]))
    segment = lambda marker, body: struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    text = b"desc\0\0\0\0\0\0\0\x12sRGB IEC61966-2.1\0" + b"mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS" + "Garcia".encode("utf-16-be")
    profile = struct.pack(">I4sI4s4s4s", len(text) + 132, b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp" + bytes(88) + text
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"ab\xff\0c\xff\xd0d"
    said = [b"\xff\xd8", segment(0xE1, b"Exif\0\0G\0A\0R\0C\0I\0A\0" + b"2021:03:04 10:11:12"), segment(0xE2, b"ICC_PROFILE\0\1\1" + profile),
            scan, segment(0xFE, b"GARCIA"), scan, b"\xff\xd9", b"GARCIA\0"]
    yield "comments", whole("1.2.840.10008.1.2.4.50", data_set(module) + fragments([b"".join(said)]))
    tile = segment(0x90, struct.pack(">HIBB", 0, 0, 0, 1))
    said = [b"\xff\x4f", segment(0x51, b"ab"), segment(0x64, b"\0\1GARCIA"), tile, segment(0x64, b"\0\1tile"), b"\xff\x93xy\xff\x91\0\4\0\0z", b"\xff\xd9"]
    yield "comments_2000", whole("1.2.840.10008.1.2.4.90", data_set(module) + fragments([b"".join(said)]))
    yield "profile", whole(LITTLE, data_set(module + [(0x00282000, "OB", profile), value]))
    numbers = [(0x00181310, "US", b"GARCIA\0\0"), (0x00186018, "UL", b"\7\0\0\0GARC"), (0x00189087, "FD", b"GARCIA^J"), (0x00280009, "AT", b"19640229"),
               (0x7FE00001, "OV", b"GARCIA\0\0"), (0x00100010, "UN", b"GARCIA"), (0x00180015, "CS", "GARCIA")]
    yield "words_in_numbers", whole(LITTLE, data_set(module + numbers + [value]))
    yield "behind_deflated", whole(DEFLATED, deflate(data_set(module + [value])) + b"GARCIA\0")
    yield "two_pixels", whole(LITTLE, data_set(module + [(0x7FE00008, "OF", bytes(8)), value]))
    creators = [(0x00190010, "LO", name) for name in ("SIEMENS MR HEADER", "GARCIA")]
    yield "creators", whole(LITTLE, data_set(module + creators + [(0x0019100C, "IS", "1000"), (0x00191100, "LO", "GARCIA"), value]))


def state(uid, *more):
    """A presentation state for one image, and what else is given: a later element goes before an earlier one."""
    image = [(0x00081150, "UI", CT), (0x00081155, "UI", uid), (0x00081160, "IS", "1")]
    text = [(0x00700006, "ST", "text"), (0x00700004, "CS", "PIXEL"), (0x00700014, "FL", [2.0, 2.0]), (0x00700015, "CS", "N")]
    line = [(0x00700005, "CS", "PIXEL"), (0x00700020, "US", [2]), (0x00700021, "US", [2]), (0x00700022, "FL", [1.0, 1.0, 3.0, 3.0]),
            (0x00700023, "CS", "POLYLINE"), (0x00700024, "CS", "N")]
    elements = ids(GSPS, "PR") + [
        (0x00081115, "SQ", [[(0x0020000E, "UI", "1.2.2"), (0x00081140, "SQ", [image])]]),
        (0x00283110, "SQ", [[(0x00281050, "DS", "40"), (0x00281051, "DS", "400")]]), (0x20500020, "CS", "IDENTITY"),
        (0x0070005A, "SQ", [[(0x00700052, "SL", [1, 1]), (0x00700053, "SL", [6, 5]), (0x00700100, "CS", "SCALE TO FIT")]]),
        (0x00700042, "US", [90]), (0x00700041, "CS", "Y"),
        (0x00700001, "SQ", [[(0x00700002, "CS", "L1"), (0x00700008, "SQ", [text]), (0x00700009, "SQ", [line])]]),
        (0x00700060, "SQ", [[(0x00700002, "CS", "L1"), (0x00700062, "IS", "1")]])]
    return list({e[0]: e for e in elements + list(more)}.values())


def states():
    table = lambda first, bits, n: [(0x00283002, "US", [n, first, bits]), (0x00283006, "US", words(n, 1 << bits))]
    shape = lambda kind, points, units="DISPLAY", filled="Y": [
        (0x00700005, "CS", units), (0x00700020, "US", [2]), (0x00700021, "US", [len(points) // 2]), (0x00700022, "FL", points),
        (0x00700023, "CS", kind), (0x00700024, "CS", filled)]
    shapes = [shape("POINT", [0.5, 0.5]), shape("CIRCLE", [0.5, 0.5, 0.7, 0.5]), shape("ELLIPSE", [0.1, 0.5, 0.9, 0.5, 0.5, 0.4, 0.5, 0.6]),
              shape("INTERPOLATED", [0.0, 0.0, 1.0, 2.0, 2.0, 1.0], "PIXEL", "N"), shape("POLYLINE", [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0], "PIXEL")]
    overlay = [(0x60000010, "US", [2]), (0x60000011, "US", [2]), (0x60000040, "CS", "G"), (0x60000050, "SS", [1, -1]), (0x60000100, "US", [1]),
               (0x60000102, "US", [0]), (0x60001001, "CS", "L1"), (0x60003000, "OW", [5])]
    yield "window", whole(LITTLE, data_set(state("1.2.3")))
    yield "tables", whole(LITTLE, data_set(state(
        "1.2.3", (0x00283000, "SQ", [table(0, 8, 4) + [(0x00283004, "LO", "OD")]]), (0x00283110, "SQ", [[(0x00283010, "SQ", [table(0, 12, 9)])]]),
        (0x20500010, "SQ", [table(0, 10, 7)]))))
    yield "shapes", whole(LITTLE, data_set(state("1.2.3", (0x00700001, "SQ", [[(0x00700002, "CS", "L1"), (0x00700009, "SQ", shapes)]]))))
    yield "overlay", whole(LITTLE, data_set(state("1.2.3", *overlay)))
    yield "rescale", whole(LITTLE, data_set(state("1.2.3", (0x00281052, "DS", "-7"), (0x00281053, "DS", "2"), (0x00281054, "LO", "HU"),
                                                  (0x00700100, "CS", "MAGNIFY"), (0x00700042, "US", [270]), (0x00700041, "CS", "N"))))
    shutter = [(0x00181600, "CS", "RECTANGULAR\\CIRCULAR\\POLYGONAL"), (0x00181602, "IS", "1"), (0x00181604, "IS", "2"), (0x00181606, "IS", "1"),
               (0x00181608, "IS", "2"), (0x00181610, "IS", "1\\2"), (0x00181612, "IS", "1"), (0x00181620, "IS", "1\\1\\1\\2\\2\\2\\2\\1"),
               (0x00181622, "US", [40000])]
    yield "shutter", whole(LITTLE, data_set(state("1.2.3", *shutter)))
    yield "matrix", whole(LITTLE, data_set(state("1.2.3", (0x00700001, "SQ", [[(0x00700009, "SQ", [shape("POINT", [9.0, 9.0], "MATRIX")])]]))))
    yield "other_image", whole(LITTLE, data_set(state("1.2.4")))


def compressed():
    """Name, what the first line of a `codec` input says, and the frame."""
    base = "1.2.840.10008.1.2."
    yield "rle", (base + "5", 6, 5, 1, 16, 12, "grey"), rle([bytes([0] * 30), raw(30)])
    yield "rle_rgb", (base + "5", 20, 10, 3, 8, 8, "rgb"), rle([raw(200), bytes([9] * 200), raw(200)])
    yield "deflated_frame", (base + "8.1", 6, 5, 1, 16, 12, "grey"), deflate(raw(60))
    yield "deflated_bits", (base + "8.1", 30, 9, 1, 1, 1, "grey"), deflate(raw(34))
    yield "uncompressed", (base + "1.98", 6, 5, 1, 16, 12, "grey"), raw(60)
    yield "jpeg", (base + "4.50", 16, 12, 1, 8, 8, "grey"), codestream("JPEG", "L")
    yield "jpeg_colour", (base + "4.50", 16, 12, 3, 8, 8, "ybr"), codestream("JPEG", "RGB", subsampling=2)
    yield "jpeg_rgb", (base + "4.50", 16, 12, 3, 8, 8, "rgb"), codestream("JPEG", "RGB", keep_rgb=True)
    yield "jpeg_restarts", (base + "4.51", 40, 40, 1, 8, 8, "grey"), codestream("JPEG", "L", (40, 40), restart_marker_blocks=2)
    yield "jpeg_progressive", (base + "4.55", 16, 12, 3, 8, 8, "ybr"), codestream("JPEG", "RGB", progressive=True)
    yield "jpeg_lossless", (base + "4.70", 16, 12, 1, 8, 8, "grey"), lossless_jpeg(16, 12)
    yield "jpeg_lossless_16", (base + "4.57", 16, 12, 1, 16, 16, "grey"), lossless_jpeg(16, 12, 16)
    yield "j2k", (base + "4.90", 16, 12, 1, 8, 8, "grey"), codestream("JPEG2000", "L", no_jp2=True)
    yield "j2k_boxed", (base + "4.90", 16, 12, 1, 8, 8, "grey"), codestream("JPEG2000", "L")
    yield "j2k_16", (base + "4.91", 16, 12, 1, 16, 16, "grey"), codestream("JPEG2000", "I;16", no_jp2=True)
    yield "j2k_lossy", (base + "4.91", 40, 40, 3, 8, 8, "rgb"), codestream("JPEG2000", "RGB", (40, 40), no_jp2=True, irreversible=True, mct=1, quality_layers=[20, 5])
    yield "j2k_tiles", (base + "4.90", 40, 40, 3, 8, 8, "rgb"), codestream("JPEG2000", "RGB", (40, 40), no_jp2=True, tile_size=(16, 16), progression="RPCL")


def messages():
    """Target, name and bytes of what parent and worker say to each other; the layout is that of cases/codecs/src/worker/wire.rs."""
    syntaxes = re.findall(r'^    \w+, "([\d.]+)", ', (HERE / "../../cases/codecs/src/syntax.rs").read_text(), re.M)
    colours = ["grey", "rgb", "ybr"]

    def decode(said, frame):
        uid, columns, rows, samples, allocated, stored, colour = said
        small = [0, syntaxes.index(uid), samples, allocated, stored, colours.index(colour), 0, 0]
        return b"TcQ1" + bytes(small) + struct.pack("<2I2Q", columns, rows, 0, len(frame)) + frame

    unpack = lambda limit, data: b"TcQ1" + bytes([1] + [0] * 7) + struct.pack("<2I2Q", 0, 0, limit, len(data)) + data
    asked = {name: (said, frame) for name, said, frame in compressed()}
    for name in ["rle", "deflated_bits", "jpeg_rgb", "jpeg_lossless_16", "j2k"]:
        yield "request", name, decode(*asked[name])
    yield "request", "unpack", unpack(2**63, deflate(b"reading room " * 9))
    yield "request", "several", decode(*asked["uncompressed"]) + unpack(5, deflate(bytes(99))) + unpack(99, b"") + decode(*asked["rle_rgb"])

    def answer(said, status=0, about=(0, 0, 0), frame=(0,) * 6, numbers=(0,) * 4, wide=(0, 0), length=None, data=b""):
        header = b"TcA1" + bytes([status, *about, *frame, 0, 0]) + struct.pack("<4I3Q", *numbers, *wide, len(data) if length is None else length)
        return " ".join(map(str, said)).encode() + b"\n" + header + data

    grey, colour = asked["rle"][0], asked["jpeg_rgb"][0]
    yield "answer", "grey", answer(grey, frame=(2, 11, 1, 0, 0, 7), data=bytes(60))
    yield "answer", "colour", answer(colour, frame=(1, 8, 2, 1, 1, 0), data=bytes(576))
    yield "answer", "bits", answer(asked["deflated_bits"][0], frame=(1, 1, 2, 0, 0, 0), data=bytes(34))
    yield "answer", "short", answer(grey, frame=(2, 12, 2, 0, 0, 0), length=60, data=bytes(59))
    yield "answer", "refused", answer(colour, 2, (3, 0, 0), numbers=(1, 2, 3, 4))
    yield "answer", "damaged", answer(colour, 7, (0, 0, 1))
    yield "answer", "unpacked", answer(["unpack", 9], data=b"reading")
    yield "answer", "too_large", answer(["unpack", 9], 8, wide=(9, 0))


def manifests():
    files = [("0" * 32, 64), ("1" * 32, 4096)]
    bytes_of = lambda n: bytes(i % 251 for i in range(n))
    scale = {"spacing": [0.5, 0.75], "unit": "millimetres"}
    common = {"modality": {"rescale": {"slope": 1.0, "intercept": -1024.0}}, "padding": [0.0, 0.0],
              "vois": [{"name": "Window 1", "voi": {"linear": {"center": 40.0, "width": 400.0}}},
                       {"name": "Table 1", "voi": {"table": {"first": 0, "bits": 12, "entries": [0, 9, 4095]}}}],
              "lengths": {"whole": scale, "regions": [{"from": [0.0, 0.0], "to": [3.0, 3.0], "scale": scale}]}}

    def one(pixels, size, length, count=1, **more):
        images = [{"file": f"{name}.dcm", "sha256": hashlib.sha256(bytes_of(n)).hexdigest(), "bytes": n, "pixel_offset": n - length,
                   "pixel_bytes": length, "uid": f"1.2.{n}"} for name, n in files[:count]]
        series = {"facts": {"role": "current", "modality": "CT", "images": count, "slice_spacing": None, "geometry": {"verdict": "none"}}, "volume": None,
                  "image_size": size, "pixels": pixels, "quantiser": None, "unit": "HU", "shape": "identity", "frame_time_ms": None, "suv": None,
                  "common": common, "images": images}
        series.update(more)
        sealed = {"sha256": hashlib.sha256(bytes_of(64)).hexdigest(), "bytes": 64}
        return json.dumps({"tiresias_package": 3, "study": "00", "retained": [], "sealed": sealed, "series": [series]}, indent=1).encode()

    volume = {"size": [4, 4, 2], "row_direction": [1.0, 0.0, 0.0], "column_direction": [0.0, 1.0, 0.0], "spacing": [0.5, 0.75],
              "stack": {"uniform": {"origin": [0.0, 0.0, 0.0], "step": [0.0, 0.0, 1.0]}}}
    facts = {"role": "current", "modality": "CT", "images": 2, "slice_spacing": 1.0, "geometry": {"verdict": "orthogonal"}}
    yield "volume", one({"words": {"signed": True, "bits_stored": 12}}, [4, 4], 32, 2, volume=volume, facts=facts)
    uneven = dict(volume, stack={"piecewise": [[0.0, 0.0, 0.0], [0.0, 0.0, 1.5]]})
    yield "uneven", one({"words": {"signed": False, "bits_stored": 16}}, [4, 4], 32, 2, volume=uneven, facts=dict(facts, geometry={"verdict": "uneven"}))
    yield "long", one("int32", [4, 4], 64, quantiser={"low": -9.0, "step": 0.5}, suv=0.002)
    yield "float", one("float32", [4, 4], 64, quantiser={"low": -9.0, "step": 0.5}, shape="inverse")
    yield "double", one("float64", [2, 4], 64, quantiser={"low": -9.0, "step": 0.5})
    yield "colour", one("rgb", [5, 4], 60, frame_time_ms=40.0)


def archives():
    """Packages in one file: the files that the target `manifest` lays beside its input, stored."""
    bytes_of = lambda n: bytes(i % 251 for i in range(n))
    files = [("0" * 32 + ".dcm", bytes_of(64)), ("1" * 32 + ".dcm", bytes_of(4096)), ("sealed.bin", bytes_of(64))]
    for name, manifest in manifests():
        if name == "long":
            yield "whole", stored(files + [("manifest.json", manifest)])
            yield "deflated", stored(files + [("manifest.json", manifest)], zipfile.ZIP_DEFLATED)
    yield "slip", stored([("../../" + "0" * 32 + ".dcm", b"x")])
    yield "empty", stored([])


def stored(files, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def bundles(protocol):
    read = lambda case, n, condition, repeat=1: {"case": case, "package": f"{n:02x}" * 32, "condition": condition, "repeat": repeat,
                                                 "facts": [{"name": "age", "value": "60 to 69"}]}
    reads = [read("7K-Q", 1, "one"), read("9M", 2, "one"), read("7K-Q", 1, "two"), read("9M", 2, "two"), read("9M", 2, "two", 2)]
    bundle = {"tiresias_bundle": 1, "protocol": hashlib.sha256(protocol).hexdigest(), "reader": "r", "display_name": "Reader", "issued_utc_ms": 0, "reads": reads}
    yield "full", json.dumps(bundle, indent=2).encode()
    yield "newer", json.dumps(dict(bundle, tiresias_bundle=2)).encode()


def pairs():
    mark = lambda z, rating: {"shape": {"in_patient": {"point": [1.5, -2.0, z]}},
                              "anchor": {"image": "2.25.7", "frame": 0, "column": 3.0, "row": 4.5}, "rating": rating, "class": None}
    side = lambda scale, *marks: {"answers": [["c", "case", {"scale": scale}]], "not_evaluable": [], "marks": list(marks)}
    pair = {"tiresias_pair": 1, "salt": "ab" * 32, "a": side(8, mark(1.0, 7), mark(30.25, 2)), "b": side(1, mark(2.5, 6))}
    yield "full", json.dumps(pair).encode() + b" " * 9
    yield "newer", json.dumps(dict(pair, tiresias_pair=2)).encode()
    yield "out_of_order", json.dumps(dict(pair, a=side(8, mark(30.25, 2), mark(1.0, 7)))).encode()
    yield "off_the_scale", json.dumps(dict(pair, b=side(10))).encode()


def histories():
    read = lambda case, condition: {"reader": "r", "case": case, "condition": condition, "repeat": 1}
    assigned = [{"read": read("7K", "one"), "package": "01" * 32}, {"read": read("9M", "two"), "package": "02" * 32}]
    anchor = {"image": "1.2", "frame": 0, "column": 1.5, "row": 2.5}
    point = lambda z: {"in_patient": {"point": [1.0, 2.0, z]}}
    environment = {"build": "b", "adapter": "a", "surface": [1920, 1080], "scale": 1.0}
    rows = [("-", "enrolled/1", {"bundle": "ab" * 32, "reads": assigned}), ("-", "session-started/1", environment)]
    rows += [("1", "case-opened/1", {"read": read("7K", "one")}), ("1", "images-shown/1", None),
             ("1", "viewed/1", {"glimpses": [[5, "s", 0, 3, 17, 4, 16, 5], [1, "w", 0, 1.0, 2.0], [1, "x", 0, [0.0, 1.0, 2.0]],
                                             [9, "panes", [90, 60], [[0, "images", 0, 0, 50, 60], [1, "axial"]], None], [0, "c", 0, 0.0, 1.5, 2.0, 0.5],
                                             [2, "t", 0, [0.5, 0.8]], [1, "link", 0, [1, [0.0, 0.0, 2.0]]], [1, "own", 0, 1], [1, "ai", "off"], [9, "tool", "zoom"]]}),
             ("1", "mark-placed/1", {"mark": 1, "shape": point(3.0), "anchor": anchor}), ("1", "mark-rated/1", {"mark": 1, "rating": 4}),
             ("1", "mark-moved/1", {"mark": 1, "shape": point(4.0), "anchor": anchor}), ("1", "mark-deleted/1", {"mark": 1}),
             ("1", "answered/1", {"question": "c", "subject": "case", "value": {"scale": 5}}), ("1", "answer-cleared/1", {"question": "c", "subject": "case"}),
             ("1", "answered/1", {"question": "c", "subject": "case", "value": {"scale": 6}}), ("1", "read-locked/1", {"read": read("7K", "one"), "over": []}),
             ("2", "case-opened/1", {"read": read("9M", "two")}), ("2", "images-shown/1", None), ("2", "case-closed/1", None), ("-", "session-ended/1", None)]
    line = lambda session, row: f"{session} r {row[0]} {row[1]} {json.dumps(row[2])}\n"
    yield "whole", "".join(line(1, row) for row in rows).encode()
    yield "cut_off", "".join([line(1, row) for row in rows[:4]] + [line(1, ("1", "session-cut-off/1", None)), line(2, rows[1])]).encode()


def of_fields(*fields):
    return hashlib.sha256(b"".join(struct.pack("<Q", len(field)) + field for field in fields)).digest()


def returned(protocol):
    """Results files of the rows of `histories`, with hashes that are right."""
    own = hashlib.sha256(protocol).digest()
    for name, text in histories():
        previous, lines = own, []
        for seq, (session, reader, package, kind, body) in enumerate((line.split(" ", 4) for line in text.decode().splitlines()), 1):
            utc_ms, package = 1_700_000_000_000 + seq, b"" if package == "-" else bytes([int(package)]) * 32
            number = lambda n: struct.pack("<q", n)
            right = of_fields(b"tiresias event 1", number(seq), number(int(session)), reader.encode(), kind.encode(), body.encode(), number(utc_ms), number(seq),
                              b"boot", b"fuzz", own, package, previous)
            lines.append({"session": int(session), "reader": reader, "kind": kind, "body": body, "utc_ms": utc_ms, "monotonic_ms": seq, "boot": "boot",
                          "build": "fuzz", "package": package.hex() or None, "hash": right.hex()})
            previous = right
        # Of one the beginning, in which nothing is locked that would have to be signed.
        for kept, rows in [(name, lines), ("begun", lines[:4])] if name == "whole" else [(name, lines)]:
            head = {"tiresias_results": 1, "protocol": own.hex(), "rows": len(rows)}
            yield kept, "".join(json.dumps(line) + "\n" for line in [head, *rows]).encode()
    yield "newer", json.dumps({"tiresias_results": 2}).encode() + b"\n"


def seats(protocol):
    """Seats for the bundle in corpus/bundle/seed_full, signed with a key that is nobody's."""
    own, bundle = hashlib.sha256(protocol).digest(), json.loads((HERE / "corpus/bundle/seed_full").read_bytes())
    written = hashlib.sha256(json.dumps(bundle, indent=2).encode() + b"\n").digest()
    desk = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    key = desk.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def signed(meaning, words, content):
        said = of_fields(b"tiresias signature 1", b"cora", b"coordinator", words, struct.pack("<q", 5), content)
        return {"signer": "cora", "kind": "coordinator", "meaning": meaning, "utc_ms": 5, "key": key, "signature": desk.sign(said).hex()}

    envelope = {"salt": "ab" * 32, "sealed": "cd" * 48}
    account = {"id": "r", "kind": "reader", "display_name": "Reader", "signs": key, "takes": "09" + "00" * 31, "by_passphrase": envelope, "by_recovery": envelope}
    issued = signed("assignment", b"assigned cases to readers", of_fields(b"tiresias bundle 1", own, b"r", written))
    plain = {"tiresias_seat": 1, "account": account, "issued": issued}
    read = {"reader": "r", "case": "9M", "condition": "two", "repeat": 1}
    allowed = of_fields(b"tiresias leave 1", own, b"r", b"9M", b"two", struct.pack("<I", 1), b"moved away")
    leave = {"protocol": own.hex(), "read": read, "reason": "moved away", "signature": signed("deviation", b"reports a deviation", allowed)}
    full = dict(plain, keys={"01" * 32: {"ephemeral": "09" + "00" * 31, "sealed": "ef" * 48}}, leaves=[leave])
    yield "plain", json.dumps(plain, indent=2).encode()
    yield "full", json.dumps(full, indent=2).encode()
    yield "newer", json.dumps(dict(plain, tiresias_seat=2)).encode()
    yield "other_reader", json.dumps(dict(plain, account=dict(account, id="s"))).encode()
    yield "other_reason", json.dumps(dict(plain, leaves=[dict(leave, reason="stayed")])).encode()


def databases():
    sql = (HERE / "../../reads/sql/1.sql").read_text()
    for name, version, size in [("empty", 1, 512), ("newer", 2, 512), ("large_pages", 1, 4096)]:
        path = OUT / "made.sqlite"
        database = sqlite3.connect(path)
        database.executescript(f"PRAGMA page_size = {size}; {sql} PRAGMA application_id = 0x54495245; PRAGMA user_version = {version};")
        if name == "large_pages":
            blob = bytes(32)
            database.execute("INSERT INTO event VALUES (1, 1, 'r', 'session-ended/1', 'null', 1, 1, 'b', 'b', ?, NULL, ?, ?)", (blob, blob, blob))
        database.commit()
        database.close()
        yield name, path.read_bytes()
        path.unlink()


def directories():
    record = lambda *names: [(0x00041400, "UL", [0]), (0x00041410, "US", [0xFFFF]), (0x00041420, "UL", [0]), (0x00041430, "CS", "IMAGE"),
                             (0x00041500, "CS", "\\".join(names)), (0x00041510, "UI", CT), (0x00041511, "UI", "1.2.3.1"), (0x00041512, "UI", LITTLE)]
    base = [(0x00080016, "UI", "1.2.840.10008.1.3.10"), (0x00041130, "CS", "SET"), (0x00041200, "UL", [0]), (0x00041202, "UL", [0]), (0x00041212, "US", [0])]
    sets = {"two": [record("IMAGE"), record("DIR", "IM2")], "outside": [record("..", "OUTSIDE"), record("LINK"), record("IMAGE")], "missing": [record("NONE")],
            "empty": []}
    for name, records in sets.items():
        yield name, whole(LITTLE, data_set(base + [(0x00041220, "SQ", records)]))


def workbook(sheets, shared=None):
    """A minimal .xlsx of inline strings and numbers; `shared` is the text of a table of shared strings."""
    def cell(row, column, value):
        place = f'{chr(65 + column)}{row}'
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    numbered = list(enumerate(sheets.items(), 1))
    named = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in numbered)
    related = "".join(f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{related}</Relationships>',
    }
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    for n, (_, rows) in numbered:
        text = rows if isinstance(rows, str) else "".join(
            f'<row r="{r}">{"".join(cell(r, c, v) for c, v in enumerate(row))}</row>' for r, row in enumerate(rows, 1))
        parts[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{text}</sheetData></worksheet>'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def score_books():
    """RJafroc's workbooks: right ones of each paradigm, and some that only look so."""
    false = ["ReaderID", "ModalityID", "CaseID", "FP_Rating"]
    true = ["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"]

    def book(paradigm, false_rows, true_rows, readers="0, 1"):
        truth = [["CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"], [1, 0, 0, readers, "0", paradigm], [70, 1, 0.3, readers, "0", "FCTRL"]]
        if paradigm == "FROC":
            truth.append([70, 2, 0.7, readers, "0"])
        else:
            truth[2][2] = 1
        return {"TRUTH": truth, "FP": [false, *false_rows], "TP": [true, *true_rows]}

    froc = book("FROC", [["0", "0", 1, 1.02], ["1", "0", 1, 2.17]], [["0", "0", 70, 1, 5.28], ["1", "0", 70, 2, 3]])
    roc = book("ROC", [["0", "0", 1, 1], ["1", "0", 1, 2]], [["0", "0", 70, 1, 3], ["1", "0", 70, 1, 4]])
    lroc = book("LROC", [["0", "0", 1, 1], ["0", "0", 70, 2], ["1", "0", 1, 2]], [["1", "0", 70, 1, 4]])
    far = dict(froc, FP='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    return [
        ("froc", workbook(froc)),
        ("roc", workbook(roc)),
        ("lroc", workbook(lroc)),
        ("far_cell", workbook(far)),
        ("announced_strings", workbook(froc, '<sst uniqueCount="99999999999999"><si><t>a</t></si></sst>')),
        ("two_sheets", workbook({"TRUTH": froc["TRUTH"], "FP": froc["FP"]})),
        ("split_plot", workbook(dict(froc, TRUTH=[*froc["TRUTH"][:2], [70, 1, 1, "0", "0", "SPLIT-PLOT-A"]]))),
    ]


def main():
    protocol = re.search(r'PROTOCOL: &str = r#"(.*?)"#;', (HERE / "src/properties/texts.rs").read_text(), re.S).group(1).encode()
    keep("protocol", "own", protocol)
    choice = b'[[question]]\nid = "d"\ntext = "D?"\nkind = "choice"\noptions = [{ key = "n", label = "no" }, { key = "y", label = "yes" }]\nrequired = false\n\n[marks]'
    keep("protocol", "choice", protocol.replace(b"[marks]", choice))
    hanging = b"""
[[hanging]]
name = "pair"
layout = "2x2"
row_sizes = [3, 1]
[[hanging.cell]]
role = "current"
at = [1, 1]
span = [1, 2]
shows = "axial"
window = "lung"
zoom = "180 mm"
slice = 3
turn = "mirror 90"
side = "left"
link = 1
[[hanging.cell]]
modality = "MR"
volume = true
at = [2, 2]
link = 1
optional = true

[[hanging]]
name = "planes"
layout = "mpr"
[[hanging.cell]]
body_part = "CHEST"

[[hanging]]
name = "breasts"
layout = "mammography"
"""
    keep("protocol", "hanging", protocol.replace(b'first = "lung"', b'first = "lung"\ntools = ["scroll", "length"]') + hanging)
    keep("protocol", "roc", re.sub(rb"\[marks\].*?\n\n", b"", protocol.replace(b"froc", b"roc"), flags=re.S).replace(b'"fixed"', b'"shuffled"\nseed = 7'))
    for target, made in [("file_to_frame", images()), ("presentation", states()), ("directory", directories()), ("manifest", manifests()), ("archive", archives()), ("bundle", bundles(protocol)), ("pair", pairs()),
                         ("event", histories()), ("record", databases()), ("results", returned(protocol)), ("seat", seats(protocol))]:
        for name, data in made:
            keep(target, name, data)
    for name, data in leaks():
        keep("scan", name, data)
    for name, said, frame in compressed():
        keep("codec", name, " ".join(map(str, said)).encode() + b"\n" + frame)
    for name, plain in [("text", b"reading room " * 9), ("zeros", bytes(100_000)), ("noise", raw(500)), ("nothing", b"")]:
        keep("inflate", name, struct.pack("<I", 200_000) + deflate(plain))
    imrmc = "A title\nNR: 1\nN0: 1\nN1: 1\nNM: 1\nBEGIN DATA:\n{0},c1,truth,0\n{0},c2,truth,1\nr1,c1,A,1\nr1,c2,A,4.5e-3\n"
    keep("imrmc", "java", imrmc.format("truth").encode())
    keep("imrmc", "rjafroc", imrmc.format("-1").replace("\n", "\r\n").encode())
    long = "reader,test,case,truth,rating\nr1,A,c1,0,1\nr1,A,c2,1,4.5\n"
    keep("long", "mrmcaov", long.encode())
    keep("long", "turned", ("\ufeff" + "score,truth,modality,case,reader\r\n4.5,1,A,c2,r1\r\n").encode())
    keep("long", "located", b"modality,reader,case,truth,localized,score\nA,r,c1,0,,1\nA,r,c2,1,0,2\nA,r,c3,1,1,3\n")
    keep("long", "marks", b"case,lesion,weight\nc1,0,0\nc2,1,0.3\nc2,2,0.7\n\n--\nmodality,reader,case,lesion,rating\nA,r,c1,0,1\nA,r,c2,2,9\n")
    many = "reader,test,case,truth,rating\n" + "".join(f"r{n},A,c{n},0,1\n" for n in range(2500))
    keep("long", "announced_cells", many.encode())
    lrc = 'Van Dyke\n0\n"0" "1"\nL S\n1 3 Normal 1\n*\n5 5 Abnormal 1\n*\n1\n1 1 Normal 1\n*\n4 5 Abnormal 1\n*\n#\n'
    keep("lrc", "van_dyke", lrc.encode())
    keep("lrc", "turned_beyond_numbers", lrc.replace("1 3 N", "1 1e308 N").replace("5 5 A", "5 -1e308 A").encode())
    for name, data in score_books():
        keep("rjafroc", name, data)
    keep("truth", "two", f"case,package,truth\nc1,{'01' * 32},0\nc2,{'02' * 32},1\n".encode())
    keep("truth", "turned", f"\ufefftruth, package ,case\r\n1,{'01' * 32},\"c1\"\r\n2,x,c1\r\n".encode())
    keep("desk", "two", json.dumps({"tiresias_desk": 1, "seed": 7, "cases": {"c1": {"package": "01" * 32}, "c2": {"package": "02" * 32, "training": {"signal": True}}}}).encode())
    keep("recent", "three", json.dumps(["$/a", "$/e", "$/j"]).encode())
    keep("recent", "many", json.dumps([f"$/{study}" for study in "abcdfghij"]).encode())
    keep("recent", "twice", json.dumps(["$/a", "$/a/", "$/b/../a", "a", "$", ""]).encode())
    public = {"tiresias_package_key": 1, "study": "00ff", "key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}  # RFC 8032 7.1
    keep("signature", "key", json.dumps(public).encode())
    keep("signature", "signature", json.dumps({"tiresias_signature": 1, "key": "0" * 16, "signature": "0" * 128}).encode())
    keep("sealed", "short", b"TIRSEAL1" + bytes(60))
    keep("sealed", "list", struct.pack("<IBQ", 1, 1, 2) + b"{}")
    for target, name, said in messages():
        keep(target, name, said)


main()
