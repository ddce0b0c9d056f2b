// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** What one worker needs for itself while it computes. */
final class Scratch {

  /**
   * Groups of columns whose integer sums are kept before they are scaled: their weights fit the
   * first-level cache.
   */
  static final int GROUPS = 8;

  /** Distance of two activation rows in {@link #dots}. */
  static final int DOTS = GROUPS * 2 * Tiles.BAND;

  /** Integer sums of four activation rows. */
  final int[] dots = new int[4 * DOTS];

  /** A band of outputs of four activation rows. */
  final float[] band = new float[4 * Tiles.BAND];

  /** Partial sums of a reduction. */
  final float[] lanes = new float[RowMath.LANES];

  /** Attention scores of four queries. */
  float[] scores = new float[0];

  /** Attention output of four queries. */
  float[] mixed = new float[0];
}
