"""Opens every image of a case package with pydicom, an independent reader, and compares it with its source.

Usage: pydicom_check.py PACKAGE SOURCE OPTION...
       pydicom_check.py --each PIXELS.CSV ROOT
Prints one JSON document: files opened, images whose pixels are in the source, codes, and where the source allows it uptake factor and b-values.
Pixels are compared as stored values by their SHA-256: a package's images have new names, so each must be the image of some source file.
With --each it takes pairs of lines from stdin, a package and its source, and answers each pair with one line. What pydicom cannot decode of a source is
looked for in PIXELS.CSV, which lists the hashes that other programs found of frames of files below ROOT.
"""
import csv
import hashlib
import json
import math
import pathlib
import sys
from datetime import datetime, timedelta

import numpy
import pydicom
from pydicom.pixel_data_handlers.util import apply_color_lut, convert_color_space
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

PROFILE = {"patient-characteristics": "113108", "modified-dates": "113107", "safe-private": "113111"}


def digest(data):
    stored = data.pixel_array
    return hashlib.sha256(numpy.ascontiguousarray(stored.astype("<i4")).tobytes()).hexdigest()


def moment(day, time):
    return datetime.strptime(str(day) + str(time).split(".")[0].ljust(6, "0"), "%Y%m%d%H%M%S") + timedelta(
        seconds=float("0." + str(time).split(".")[1]) if "." in str(time) else 0
    )


def uptake(data):
    """Grams per millilitre for each Bq/ml, to the series' time (QIBA)."""
    tracer = data.RadiopharmaceuticalInformationSequence[0]
    start = moment(data.SeriesDate, data.SeriesTime)
    injected = tracer.get("RadiopharmaceuticalStartDateTime") or ""
    if len(str(injected)) >= 14:
        injected = moment(str(injected)[:8], str(injected)[8:])
    else:
        injected = moment(data.SeriesDate, tracer.RadiopharmaceuticalStartTime)
    decayed = float(tracer.RadionuclideTotalDose) * 2 ** (-(start - injected).total_seconds() / float(tracer.RadionuclideHalfLife))
    return float(data.PatientWeight) * 1000 / decayed


def files(folder):
    return [p for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file() and p.suffix != ".json"]


def each(listed, root):
    """Answers each package on stdin."""
    known = {}
    with open(listed, newline="") as rows:
        for row in csv.DictReader(rows):
            known.setdefault(pathlib.Path(root, row["path"]), []).append((row["sha256_int32le"], row["coding"]))
    while package := sys.stdin.readline().rstrip("\n"):
        source = pathlib.Path(sys.stdin.readline().rstrip("\n"))
        before, coded, several = set(), {}, False
        for path in files(source) if source.is_dir() else [source]:
            data = pydicom.dcmread(path, force=True)
            if "PixelData" not in data and "FloatPixelData" not in data and "DoubleFloatPixelData" not in data:
                continue
            try:
                before.update(frames(data))
            except Exception:
                # Of several frames not all are listed.
                several = several or int(data.get("NumberOfFrames") or 1) > 1
            coded.update(known.get(path, []))
        answer = {"opened": 0, "equal": 0, "listed": 0, "lossy": 0, "unlisted": 0, "wrong": []}
        for path in sorted(pathlib.Path(package).glob("*.dcm")):
            data = pydicom.dcmread(path)
            answer["opened"] += 1
            found = set(frames(data))
            if found <= before:
                answer["equal"] += 1
            elif found & set(coded):
                answer["listed"] += 1
            elif any(coding != "lossless" for coding in coded.values()):
                answer["lossy"] += 1
            elif several and coded:
                answer["unlisted"] += 1
            else:
                answer["wrong"].append("pixels of no source image")
            if data.PatientIdentityRemoved != "YES" or str(data.PatientName) or data.PatientID:
                answer["wrong"].append("a person")
            if [c.CodeValue for c in data.DeidentificationMethodCodeSequence] != ["113100"]:
                answer["wrong"].append("codes")
        answer["wrong"] = sorted(set(answer["wrong"]))
        print(json.dumps(answer), flush=True)


def hashes(stored, count):
    parts = stored if count > 1 else [stored]
    return [hashlib.sha256(numpy.ascontiguousarray(part.astype("<i4")).tobytes()).hexdigest() for part in parts]


def frames(data):
    """The hash of each frame: of its samples, and of the colours that they stand for (PS3.3 C.7.6.3.1.2, C.7.9)."""
    count = int(data.get("NumberOfFrames") or 1)
    if "TransferSyntaxUID" not in data.file_meta:
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        data.is_little_endian, data.is_implicit_VR = True, True
    if data.file_meta.TransferSyntaxUID == ExplicitVRBigEndian and data.BitsAllocated == 8:
        # pydicom 2.3 takes the words of pixels (OW) and of tables for little endian, whatever the file is.
        for name in ("PixelData", *(f"{c}PaletteColorLookupTableData" for c in ("Red", "Green", "Blue"))):
            if name in data:
                data[name].value = numpy.frombuffer(data[name].value, ">u2").astype("<u2").tobytes()
    found = hashes(data.pixel_array, count)
    if data.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(data.pixel_array, data)
        found += hashes(colours >> 8 if colours.dtype.itemsize > 1 else colours, count)
    elif data.PhotometricInterpretation == "RGB" and data.BitsStored > 8:
        # A package has what the screen shows of each colour.
        found += hashes(data.pixel_array >> (data.BitsStored - 8), count)
    elif data.PhotometricInterpretation.startswith("YBR"):
        found += hashes(convert_color_space(data.pixel_array, data.PhotometricInterpretation, "RGB"), count)
    return found


def main():
    if sys.argv[1] == "--each":
        return each(*sys.argv[2:])
    package, source, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    before = {}
    factors, bvalues = [], []
    for path in files(source):
        data = pydicom.dcmread(path, force=True)
        if "PixelData" not in data:
            continue
        before[digest(data)] = data
    wanted = sorted(["113100"] + [PROFILE[o] for o in options])
    opened = 0
    wrong = []
    for path in sorted(pathlib.Path(package).glob("*.dcm")):
        data = pydicom.dcmread(path)
        opened += 1
        twin = before.get(digest(data))
        if twin is None:
            wrong.append("pixels of no source image")
            continue
        if data.PatientIdentityRemoved != "YES":
            wrong.append("identity removed")
        if sorted(c.CodeValue for c in data.DeidentificationMethodCodeSequence) != wanted:
            wrong.append("codes")
        if any(c.CodingSchemeDesignator != "DCM" for c in data.DeidentificationMethodCodeSequence):
            wrong.append("scheme")
        if any(e.tag.is_private for e in data) and "safe-private" not in options:
            wrong.append("private")
        if str(data.PatientName) or data.PatientID:
            wrong.append("a person")
        if data.SOPInstanceUID == twin.get("SOPInstanceUID"):
            wrong.append("UID")
        if data.Modality == "PT" and {"patient-characteristics", "modified-dates"} <= set(options):
            a, b = uptake(twin), uptake(data)
            factors.append(abs(a / b - 1))
            if not math.isclose(a, b, rel_tol=1e-6):
                wrong.append(f"uptake {a} {b}")
            if data.SeriesDate == twin.SeriesDate:
                wrong.append("date")
        if "DiffusionBValue" in twin:
            bvalues.append(float(twin.DiffusionBValue))
            if float(data.DiffusionBValue) != bvalues[-1]:
                wrong.append("b-value")
    print(json.dumps({"opened": opened, "source_images": len(before), "wrong": sorted(set(wrong)), "uptake": len(factors), "b_values": len(bvalues)}))


main()
