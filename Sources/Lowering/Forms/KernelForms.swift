/// Every form, most special first: of two plans that cost the same the first one is taken.
let kernelForms: [any KernelForm] = [
  UniformConvolution(), SparsePlanes(byPattern: true), SparsePlanes(byPattern: false),
  SparseTapPlanes(),
  SparsePoints(), SparsePointwise(), SparseTaps(), SparseConvolution(), SparsePaddedConvolution(),
  SparsePairs(), DepthwiseDot(), DepthwiseTaps(), DenseRowsDot(), DenseDot(), ProductDot(),
  SparseProductDot(),
  DepthwisePlanes(), DepthwiseTapPlanes(), DepthwiseRows(), DepthwiseConvolution(), DensePanel(),
  DensePlanes(),
  DenseConvolution(padded: true), DenseConvolution(padded: false), SparseEntries(),
  SparseWindowRows(), SparseBlockRows(), SparseInputRows(), SparseProduct(), ProductRow(),
  DenseProduct(), BitsProduct(), PoolChannels(), MeanPlanes(), PlainLoops(),
]
