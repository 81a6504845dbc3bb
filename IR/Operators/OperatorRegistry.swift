/// All operators by domain and name.
public enum OperatorRegistry {
  /// Every operator, one line for each family, by name.
  public static let all: [any Operator.Type] =
    elementwise + shape + linear + normalization + reduction + pooling + recurrent
    + resampling + sequence + signal + loss + control + quantized + traditional + contributed
    + training + random

  private static let elementwise: [any Operator.Type] = [
    Abs.self, Acos.self, Acosh.self, Add.self, And.self, Asin.self, Asinh.self, Atan.self,
    Atanh.self, BitCast.self, BitShift.self, BitwiseAnd.self, BitwiseNot.self, BitwiseOr.self,
    BitwiseXor.self,
    Cast.self, CastLike.self, Ceil.self, Celu.self, Clip.self, Cos.self, Cosh.self, Div.self,
    Dropout.self, Elu.self, Equal.self, Erf.self, Exp.self, Floor.self, Gelu.self, Greater.self,
    GreaterOrEqual.self, HardSigmoid.self, HardSwish.self, Identity.self, IsInf.self, IsNaN.self,
    LeakyRelu.self, Less.self, LessOrEqual.self, Log.self, Max.self, Mean.self, Min.self, Mish.self,
    Mod.self, Mul.self, Neg.self, Not.self, Or.self, PRelu.self, Pow.self, Reciprocal.self,
    Relu.self, Round.self, Selu.self, Shrink.self, Sigmoid.self, Sign.self, Sin.self, Sinh.self,
    Softplus.self, Softsign.self, Sqrt.self, Sub.self, Sum.self, SwiGLU.self, Swish.self, Tan.self,
    Tanh.self, ThresholdedRelu.self, Where.self, Xor.self,
  ]
  private static let shape: [any Operator.Type] = [
    CenterCropPad.self, Concat.self, ConstantOfShape.self, CumProd.self, CumSum.self,
    DepthToSpace.self, Expand.self, EyeLike.self, Flatten.self, Gather.self, GatherElements.self,
    GatherND.self, OneHot.self, Pad.self, NumberRange.self, Reshape.self, ReverseSequence.self,
    ScatterElements.self, ScatterND.self, Shape.self, Size.self, Slice.self, SpaceToDepth.self,
    Split.self, Squeeze.self, Tile.self, TopK.self, Transpose.self, Trilu.self, Unsqueeze.self,
  ]
  private static let linear: [any Operator.Type] = [
    Conv.self, ConvTranspose.self, DeformConv.self, Det.self, Einsum.self, Gemm.self, MatMul.self,
    ConvInteger.self, MatMulInteger.self,
    QLinearConv.self, QLinearMatMul.self, QuantizeLinear.self, DequantizeLinear.self,
    DynamicQuantizeLinear.self,
  ]
  private static let quantized: [any Operator.Type] = [
    Lookup.self, QLinearAdd.self, QLinearAveragePool.self, QLinearConcat.self,
    QLinearGlobalAveragePool.self, QLinearLeakyRelu.self, QLinearMul.self, QLinearSigmoid.self,
    QLinearSoftmax.self,
  ]
  private static let normalization: [any Operator.Type] = [
    BatchNormalization.self, InstanceNormalization.self, LayerNormalization.self,
    RMSNormalization.self, GroupNormalization.self, LRN.self, LpNormalization.self,
    MeanVarianceNormalization.self,
  ]
  private static let reduction: [any Operator.Type] = [
    ArgMax.self, ArgMin.self, Hardmax.self, LogSoftmax.self, ReduceL1.self, ReduceL2.self,
    ReduceLogSum.self, ReduceLogSumExp.self, ReduceMax.self, ReduceMean.self, ReduceMin.self,
    ReduceProd.self, ReduceSum.self, ReduceSumSquare.self, Softmax.self,
  ]
  private static let pooling: [any Operator.Type] = [
    AveragePool.self, MaxPool.self, LpPool.self, GlobalAveragePool.self, GlobalMaxPool.self,
    GlobalLpPool.self, MaxUnpool.self, RoiAlign.self,
  ]
  private static let recurrent: [any Operator.Type] = [GRU.self, LSTM.self, RNN.self]
  private static let resampling: [any Operator.Type] = [
    AffineGrid.self, Col2Im.self, GridSample.self, Resize.self,
  ]
  private static let sequence: [any Operator.Type] = [
    Attention.self, CausalConvWithState.self, LinearAttention.self, RotaryEmbedding.self,
    TensorScatter.self, TfIdfVectorizer.self,
  ]
  private static let signal: [any Operator.Type] = [
    BlackmanWindow.self, DFT.self, HammingWindow.self, HannWindow.self,
    MelWeightMatrix.self, STFT.self,
  ]
  private static let loss: [any Operator.Type] = [
    NegativeLogLikelihoodLoss.self, SoftmaxCrossEntropyLoss.self,
  ]
  private static let control: [any Operator.Type] = [Fused.self, If.self, Loop.self]
  private static let contributed: [any Operator.Type] = [
    BiasGelu.self, ContribAttention.self, ContribDequantizeLinear.self, ContribGelu.self,
    ContribQuantizeLinear.self, ContribRotaryEmbedding.self, DynamicQuantizeMatMul.self,
    EmbedLayerNormalization.self, FastGelu.self, FusedConv.self, FusedGemm.self, FusedMatMul.self,
    GroupQueryAttention.self, MatMulIntegerToFloat.self, MatMulNBits.self, MultiHeadAttention.self,
    QGemm.self, QuickGelu.self, SimplifiedLayerNormalization.self, SkipLayerNormalization.self,
    SkipSimplifiedLayerNormalization.self,
  ]
  private static let training: [any Operator.Type] = [Adagrad.self, Adam.self, Momentum.self]
  private static let random: [any Operator.Type] = [
    Bernoulli.self, Multinomial.self, RandomNormal.self, RandomNormalLike.self, RandomUniform.self,
    RandomUniformLike.self,
  ]
  private static let traditional: [any Operator.Type] = [
    ArrayFeatureExtractor.self, Binarizer.self, CategoryMapper.self, FeatureVectorizer.self,
    Imputer.self,
    LabelEncoder.self, LinearClassifier.self, LinearRegressor.self, Normalizer.self,
    OneHotEncoder.self, SVMClassifier.self, SVMRegressor.self, Scaler.self, ScoreTransform.self,
    TreeEnsemble.self, TreeEnsembleClassifier.self, TreeEnsembleRegressor.self, ZipMap.self,
  ]

  private static let byName: [String: any Operator.Type] = {
    var table: [String: any Operator.Type] = [:]
    for type in all {
      for name in [type.schema.name] + type.schema.aliases {
        table[key(name, type.schema.domain)] = type
      }
    }
    return table
  }()

  private static func key(_ name: String, _ domain: String) -> String {
    (domain == "ai.onnx" ? "" : domain) + ":" + name
  }

  /// Finds an operator.
  ///
  /// - Parameters:
  ///   - name: ONNX's name or an alias of the schema.
  ///   - domain: ONNX's domain.
  /// - Returns: The operator, or `nil` when it is not known.
  public static func find(_ name: String, domain: String = "") -> (any Operator.Type)? {
    byName[key(name, domain)]
  }
}
