/// The compiler's version, as `coppice --version` and the generated files say it.
public let coppiceVersion = "0.1.0"
