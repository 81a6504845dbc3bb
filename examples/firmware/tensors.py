"""Reads the TensorProto files of test_data_set folders with nothing but the standard library."""

import struct

NAMES = {"float32": "f", "float64": "d", "bool": "B", "int8": "b", "int16": "h", "int32": "i",
         "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
         "float16": "H", "bfloat16": "H"}


def width(element):
    """The bytes of one element."""
    return struct.calcsize(NAMES[element])


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """Each field of a protobuf message: its number and its integer or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(f"unknown wire type {wire}")
        yield number, value


def read_tensor(path):
    """The raw little-endian bytes of a tensor."""
    raw, floats = b"", b""
    for number, value in fields(path.read_bytes()):
        if number == 9:
            raw = value
        elif number == 4:
            floats += value
        elif number in (5, 6, 7, 10, 11):
            raise ValueError(f"{path}: only raw and float data are read here")
    return raw or floats


def unpack(data, letter):
    """The elements of raw little-endian bytes, by the struct letter of their type."""
    return struct.unpack(f"<{len(data) // struct.calcsize(letter)}{letter}", data)


def floats(values):
    """The raw bytes of 32-bit floats."""
    return b"".join(struct.pack("<f", value) for value in values)
