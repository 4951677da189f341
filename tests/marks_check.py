"""Opens the reports and segmentations of an export with pydicom, and with highdicom where that is installed, and prints what they say.

Usage: marks_check.py FOLDER
One JSON document: for each report its measurement groups (tracking, graphic, points, measurements), for each segmentation how many pixels each segment has
on each image, and whether highdicom took the file and found the same.
"""
import json
import pathlib
import sys

import numpy
import pydicom

try:
    import highdicom
except ImportError:
    highdicom = None


def code(sequence):
    return sequence[0].CodeValue


def groups(report):
    measurements = next(i for i in report.ContentSequence if code(i.ConceptNameCodeSequence) == "126010")
    found = []
    for group in measurements.ContentSequence:
        mark = {"tracking": "", "graphic": "", "points": [], "measurements": {}}
        for item in group.ContentSequence:
            if item.ValueType == "TEXT":
                mark["tracking"] = item.TextValue
            elif item.ValueType in ("SCOORD", "SCOORD3D"):
                mark["graphic"] = item.GraphicType
                mark["points"] = [float(v) for v in (item.GraphicData if hasattr(item.GraphicData, "__iter__") else [item.GraphicData])]
            elif item.ValueType == "NUM":
                value = item.MeasuredValueSequence[0]
                mark["measurements"][code(item.ConceptNameCodeSequence)] = float(value.FloatingPointValue)
                assert abs(float(value.NumericValue) - float(value.FloatingPointValue)) <= 1e-6 * max(1.0, abs(float(value.NumericValue)))
        found.append(mark)
    return found


def segments(data):
    masks = data.pixel_array
    if masks.ndim == 2:
        masks = masks[numpy.newaxis]
    found = [{"tracking": s.TrackingID, "pixels": {}} for s in data.SegmentSequence]
    for mask, frame in zip(masks, data.PerFrameFunctionalGroupsSequence):
        number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        image = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        found[number - 1]["pixels"][image] = int(mask.sum())
    return found


def by_highdicom(path, said):
    """None without highdicom; else whether it read the same."""
    if highdicom is None:
        return None
    if path.name.endswith("sr.dcm"):
        report = highdicom.sr.srread(path)
        content = report.content
        rois = content.get_planar_roi_measurement_groups()
        seen = {r.tracking_identifier: {m.name.value: float(m.value) for m in r.get_measurements()} for r in rois}
        wanted = {g["tracking"]: g["measurements"] for g in said if g["graphic"]}
        return seen.keys() == wanted.keys() and all(
            seen[k].keys() == v.keys() and all(abs(seen[k][m] - v[m]) <= 1e-6 * max(1.0, abs(v[m])) for m in v) for k, v in wanted.items()
        )
    data = highdicom.seg.segread(path)
    numbers = [d.tracking_id for d in (data.get_segment_description(n) for n in data.segment_numbers)]
    total = {n: 0 for n in numbers}
    for number, name in zip(data.segment_numbers, numbers):
        frames = [s["pixels"] for s in said if s["tracking"] == name][0]
        masks = data.get_pixels_by_source_instance(list(frames), segment_numbers=[number])
        total[name] = int(masks.sum())
    return total == {s["tracking"]: sum(s["pixels"].values()) for s in said}


def main():
    result = {"pydicom": pydicom.__version__, "highdicom": getattr(highdicom, "__version__", None), "reports": {}, "segmentations": {}, "by_highdicom": {}}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.dcm")):
        data = pydicom.dcmread(path)
        is_report = path.name.endswith("sr.dcm")
        said = groups(data) if is_report else segments(data)
        result["reports" if is_report else "segmentations"][path.name] = said
        try:
            result["by_highdicom"][path.name] = by_highdicom(path, said)
        except Exception as error:
            result["by_highdicom"][path.name] = f"{type(error).__name__}: {error}"
    print(json.dumps(result))


main()
