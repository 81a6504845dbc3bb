#include "COnnx.h"
typedef int coppice_onnx_unit;
