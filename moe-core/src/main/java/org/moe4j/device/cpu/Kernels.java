// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * One implementation of each kernel. The vector and the scalar ones give the same bits, so either
 * may be used at any time.
 *
 * @param matmul products with quantised weights
 * @param blocks what the portable one of them is made of
 * @param f32 products with F32 weights
 * @param f16 products with F16 weights
 * @param bf16 products with BF16 weights
 * @param f8 products with weights in floats of 8 bits
 * @param rows element-wise functions and reductions
 * @param rotation rotary embedding
 * @param cache keys and values as floats
 * @param recurrence states of recurrent layers
 */
record Kernels(
    BandMatmul matmul,
    BlockKernels blocks,
    FloatDots f32,
    FloatDots f16,
    FloatDots bf16,
    Float8Dots f8,
    RowMath rows,
    Rotation rotation,
    CacheFloats cache,
    Recurrence recurrence) {

  /** The Vector API ones; needs the module {@code jdk.incubator.vector}. */
  static Kernels vector() {
    return new Kernels(
        new PortableMatmul(),
        BlockKernels.vector(),
        new VectorF32Dots(),
        new VectorF16Dots(),
        new VectorBF16Dots(),
        new VectorFloat8Dots(),
        new VectorRowMath(),
        new VectorRotation(),
        new VectorCacheFloats(),
        new VectorRecurrence());
  }

  /** The fastest ones of this process: the vector ones, with machine code where there is some. */
  static Kernels best() {
    Kernels vector = vector();
    return MachineMatmul.find().map(vector::with).orElse(vector);
  }

  private Kernels with(BandMatmul other) {
    return new Kernels(other, blocks, f32, f16, bf16, f8, rows, rotation, cache, recurrence);
  }

  /** The plain loops. */
  static Kernels scalar() {
    return new Kernels(
        new PortableMatmul(),
        BlockKernels.scalar(),
        ScalarFloatDots.F32,
        ScalarFloatDots.F16,
        ScalarFloatDots.BF16,
        new ScalarFloat8Dots(),
        new ScalarRowMath(),
        new ScalarRotation(),
        new ScalarCacheFloats(),
        new ScalarRecurrence());
  }
}
