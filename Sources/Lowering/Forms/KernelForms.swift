/// Every form, most special first: of two plans that cost the same the first one is taken.
let kernelForms: [any KernelForm] = [
  UniformConvolution(), SparsePlanes(byPattern: true), SparsePlanes(byPattern: false),
  SparsePointwise(), SparseConvolution(), SparsePaddedConvolution(),
  SparsePairs(), DepthwiseDot(), DepthwiseTaps(), DenseDot(), ProductDot(), SparseProductDot(),
  DepthwisePlanes(), DepthwiseRows(), DepthwiseConvolution(), DensePlanes(), DenseConvolution(),
  SparseProduct(), DenseProduct(),
  PoolChannels(), PlainLoops(),
]
