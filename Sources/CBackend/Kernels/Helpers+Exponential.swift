extension Helpers {
  /// e to the x in float32, without `math.h`: C libraries for firmware drag `errno` and more than a
  /// kilobyte of RAM in with theirs.
  ///
  /// The argument is cut into k ln 2 + r with ln 2 in two parts; the polynomial is that of Cephes'
  /// `expf`, whose error stays below two units in the last place. Results below the normal range
  /// are reached in two steps, so that they round once.
  mutating func exponential() -> String {
    needsMath = true
    return function(
      "exp_f32", "float", "float x",
      [
        "union { uint32_t bits; float value; } scale;",
        "float r;",
        "float p;",
        "int32_t k;",
        "int32_t half;",
        "if (!(x == x)) {",
        "    return x;",
        "}",
        "if (x > 88.72284f) {",
        "    return INFINITY;",
        "}",
        "if (x < -103.98f) {",
        "    return 0.0f;",
        "}",
        "r = x * 1.44269504f;",
        "k = (int32_t)(r < 0.0f ? r - 0.5f : r + 0.5f);",
        "r = x - (float)k * 0.693359375f;",
        "r = r + (float)k * 2.12194440e-4f;",
        "p = 1.9875691500e-4f;",
        "p = p * r + 1.3981999507e-3f;",
        "p = p * r + 8.3334519073e-3f;",
        "p = p * r + 4.1665795894e-2f;",
        "p = p * r + 1.6666665459e-1f;",
        "p = p * r + 5.0000001201e-1f;",
        "p = p * r * r + r + 1.0f;",
        "half = k / 2;",
        "scale.bits = (uint32_t)(half + 127) << 23;",
        "p = p * scale.value;",
        "scale.bits = (uint32_t)(k - half + 127) << 23;",
        "return p * scale.value;",
      ])
  }
}
