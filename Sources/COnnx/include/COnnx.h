#ifndef COPPICE_ONNX_H
#define COPPICE_ONNX_H

#include "coppice_onnx.pb-c.h"

/* Descriptors by address: Swift would copy the global structures. */
static inline const ProtobufCMessageDescriptor *coppice_onnx_model_descriptor(void) {
  return &coppice_onnx__model_proto__descriptor;
}

static inline const ProtobufCMessageDescriptor *coppice_onnx_tensor_descriptor(void) {
  return &coppice_onnx__tensor_proto__descriptor;
}

static inline const ProtobufCMessageDescriptor *coppice_onnx_node_descriptor(void) {
  return &coppice_onnx__node_proto__descriptor;
}

#endif
