"""The safetensors format, with NumPy alone."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
PathLike = str | os.PathLike[str]

_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}
_NAMES = {np.dtype(code): name for name, code in _TYPES.items()}
_LARGEST_HEADER = 100_000_000


class TensorFileError(ValueError):
    """A file that is not what it should be."""


def read_tensors(path: PathLike) -> tuple[dict[str, Array], dict[str, str]]:
    """Reads the tensors and the metadata of a file.

    Tensors of bfloat16 come back as float32, which holds each of their values.
    """
    data = Path(path).read_bytes()
    header, start = _header(data, path)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise TensorFileError(f"{path}: its metadata is not an object")
    tensors = {name: _tensor(data, start, name, entry, path) for name, entry in header.items()}
    return tensors, {str(key): str(value) for key, value in metadata.items()}


def write_tensors(
    path: PathLike, tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> None:
    """Writes tensors, sorted by name, so that the same tensors give the same bytes.

    The file appears whole or not at all.
    """
    header: dict[str, Any] = {"__metadata__": dict(sorted((metadata or {}).items()))}
    blobs: list[bytes] = []
    offset = 0
    for name in sorted(tensors):
        array = np.asarray(tensors[name])
        kind = _NAMES.get(array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype)
        if kind is None:
            raise TensorFileError(f"'{name}' has elements of {array.dtype}, which the format lacks")
        blob = np.asarray(array, np.dtype(_TYPES[kind])).tobytes()
        header[name] = {
            "dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.writelines(blobs)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _header(data: bytes, path: PathLike) -> tuple[dict[str, Any], int]:
    if len(data) < 8:
        raise TensorFileError(f"{path}: too short for safetensors")
    (size,) = struct.unpack("<Q", data[:8])
    if size > min(_LARGEST_HEADER, len(data) - 8):
        raise TensorFileError(f"{path}: its header of {size} bytes does not fit in the file")
    try:
        header = json.loads(data[8 : 8 + size])
    except ValueError as error:
        raise TensorFileError(f"{path}: its header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise TensorFileError(f"{path}: its header is not an object")
    return header, 8 + size


def _tensor(data: bytes, start: int, name: str, entry: Any, path: PathLike) -> Array:
    try:
        kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        count = int(np.prod(shape, dtype=np.int64))
        if kind == "BF16":
            bits = _elements(data, start, begin, end, count, np.dtype("<u2")).astype(np.uint32)
            return (bits << 16).view(np.float32).reshape(shape)
        return _elements(data, start, begin, end, count, np.dtype(_TYPES[kind])).reshape(shape)
    except (KeyError, TypeError, ValueError) as error:
        raise TensorFileError(f"{path}: '{name}' is not a usable tensor: {error}") from None


def _elements(
    data: bytes, start: int, begin: int, end: int, count: int, kind: np.dtype[Any]
) -> Array:
    if not 0 <= begin <= end <= len(data) - start or end - begin != count * kind.itemsize:
        raise ValueError(f"bytes {begin} to {end} do not hold {count} elements")
    return np.frombuffer(data, kind, count, start + begin).copy()
