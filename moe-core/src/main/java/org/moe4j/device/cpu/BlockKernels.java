// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * The kernels that {@link PortableMatmul} is made of.
 *
 * @param crumbs dot products of 2-bit weights
 * @param nibbles dot products of 4-bit weights
 * @param fives dot products of 5-bit weights
 * @param sixes dot products of 6-bit weights
 * @param bytes dot products of 8-bit weights
 * @param unpacking scales of quantised weights as floats
 * @param scale what is done with them
 * @param quantizer quantisation of activations
 */
record BlockKernels(
    Dots crumbs,
    Dots nibbles,
    Dots fives,
    Dots sixes,
    Dots bytes,
    GroupScales unpacking,
    BlockScale scale,
    RowQuantizer quantizer) {

  static BlockKernels vector() {
    return new BlockKernels(
        new VectorCrumbDots(),
        new VectorNibbleDots(),
        new VectorSplitDots(5),
        new VectorSplitDots(6),
        new VectorByteDots(),
        new VectorGroupScales(),
        new VectorBlockScale(),
        new VectorRowQuantizer());
  }

  static BlockKernels scalar() {
    return new BlockKernels(
        new ScalarDots(2),
        new ScalarDots(4),
        new ScalarDots(5),
        new ScalarDots(6),
        new ScalarDots(8),
        new ScalarGroupScales(),
        new ScalarBlockScale(),
        new ScalarRowQuantizer());
  }

  /** Dot products of weights with so many bits. */
  Dots dots(int bits) {
    return switch (bits) {
      case 2 -> crumbs;
      case 4 -> nibbles;
      case 5 -> fives;
      case 6 -> sixes;
      case 8 -> bytes;
      default -> throw new IllegalArgumentException("no weights of " + bits + " bits");
    };
  }
}
