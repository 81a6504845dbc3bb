/// Every form, most special first: of two plans that cost the same the first one is taken.
let kernelForms: [any KernelForm] = [
  UniformConvolution(), SparsePointwise(), SparseConvolution(), SparsePaddedConvolution(),
  SparsePairs(), DepthwiseDot(), DenseDot(), ProductDot(), DepthwiseRows(), DepthwiseConvolution(),
  DenseConvolution(), SparseProduct(), DenseProduct(),
  PlainLoops(),
]
