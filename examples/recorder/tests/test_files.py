"""Files of tensors and records are written as everyone reads them."""

import os
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np

from coppice_record import (
    Record, RecordError, TensorFileError, read_tensors, write_tensors)
from coppice_record.record import ParameterInfo

try:
    import safetensors.numpy as reference
except ImportError:
    reference = None

SHARED = Path(__file__).resolve().parents[4] / "shared/models"


def small(final=(1.0, 2.0), **tensors):
    held = {"w/final": np.array(final, np.float32)}
    held |= {f"w/{key}": np.array(value, np.float32) for key, value in tensors.items()}
    return Record({"w": ParameterInfo((2,), steps=3)}, held, {"steps": "3", "masks_active": "false"})


class FileTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "tensors.safetensors"

    def test_tensors_come_back(self):
        tensors = {
            "b": np.arange(6, dtype=np.int64).reshape(2, 3), "a": np.array(1.5),
            "c": np.array([], np.float16), "d": np.array([True, False]),
            "e": np.arange(3, dtype=">f4"), "f": np.asfortranarray(np.eye(3)[:2])}
        write_tensors(self.path, tensors, {"k": "é"})
        found, metadata = read_tensors(self.path)
        self.assertEqual(metadata, {"k": "é"})
        self.assertEqual(sorted(found), sorted(tensors))
        for name, array in tensors.items():
            np.testing.assert_array_equal(found[name], array)
            self.assertEqual(found[name].shape, array.shape)
        first = self.path.read_bytes()
        write_tensors(self.path, dict(reversed(tensors.items())), {"k": "é"})
        self.assertEqual(self.path.read_bytes(), first)
        self.assertEqual(os.listdir(self.folder), [self.path.name])

    @unittest.skipUnless(reference, "the safetensors package is not installed")
    def test_the_safetensors_package_agrees(self):
        tensors = {"x": np.arange(4, dtype=np.float32), "y": np.ones((2, 2), np.uint8)}
        write_tensors(self.path, tensors, {"format": "prunerec/1"})
        for name, array in reference.load_file(self.path).items():
            np.testing.assert_array_equal(array, tensors[name])
        reference.save_file(tensors, self.path)
        np.testing.assert_array_equal(read_tensors(self.path)[0]["x"], tensors["x"])

    def test_damaged_files_are_refused(self):
        write_tensors(self.path, {"x": np.arange(4.0)})
        whole = self.path.read_bytes()
        header = struct.unpack("<Q", whole[:8])[0]
        damaged = [
            b"", whole[:7], whole[: 8 + header // 2], whole[:-1],
            struct.pack("<Q", 1 << 60) + whole[8:], whole[:8] + b"[" + whole[9:],
            whole.replace(b'"F64"', b'"F99"'), whole.replace(b"[4]", b"[5]"),
            struct.pack("<Q", 2) + b"[]"]
        for data in damaged:
            self.path.write_bytes(data)
            with self.assertRaises(TensorFileError):
                read_tensors(self.path)

    def test_bfloat16_is_read(self):
        header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
        self.path.write_bytes(struct.pack("<Q", len(header)) + header + b"\x80\x3f\x00\xc0")
        self.assertEqual(read_tensors(self.path)[0]["x"].tolist(), [1.0, -2.0])

    def test_records_come_back_and_add_up(self):
        record = small(mv=[1, 2], init=[0, 1])
        record.save(self.path)
        again = Record.load(self.path)
        self.assertEqual(again.parameters, record.parameters)
        self.assertEqual(again.metadata, record.metadata)
        both = again + small(mv=[10, 20], init=[5, 5])
        self.assertEqual(both["w", "mv"].tolist(), [11, 22])
        self.assertEqual(both["w", "init"].tolist(), [0, 1])
        self.assertEqual((both.parameters["w"].steps, both.metadata["steps"]), (6, "6"))
        with self.assertRaisesRegex(RecordError, "ended at different weights"):
            again + small(final=(1.0, 3.0), mv=[1, 1])

    def test_faulty_records_are_refused(self):
        with self.assertRaisesRegex(RecordError, r"'w/mv' has a NaN or infinity at \[1\]"):
            small(mv=[1, np.inf]).save(self.path)
        with self.assertRaisesRegex(RecordError, "shape"):
            Record({"w": ParameterInfo((3,))}, small().tensors).save(self.path)
        with self.assertRaisesRegex(RecordError, "no 'v/final'"):
            Record({"v": ParameterInfo((3,))}, {}).save(self.path)
        self.assertEqual(os.listdir(self.folder), [])
        write_tensors(self.path, {"w/final": np.ones(2)}, {"format": "prunerec/2"})
        with self.assertRaisesRegex(RecordError, "prunerec/2"):
            Record.load(self.path)
        with self.assertRaisesRegex(RecordError, "has no 'g2' of 'w'"):
            small().score("w", "obd")

    @unittest.skipUnless(SHARED.is_dir(), "the models are not beside the project")
    def test_records_of_other_recorders_are_read(self):
        paths = sorted(SHARED.glob("records*/*.prunerec.safetensors"))
        self.assertGreater(len(paths), 3)
        for path in paths:
            record = Record.load(path)
            for name in record.parameters:
                self.assertEqual(record.score(name, "movement").shape, record.parameters[name].shape)
                self.assertTrue((record.score(name, "taylor-squares") >= 0).all())


if __name__ == "__main__":
    unittest.main()
