// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What one worker needs for itself while it computes. */
final class Scratch {

  /**
   * Groups of columns whose integer sums are kept before they are scaled: their weights fit the
   * first-level cache.
   */
  static final int GROUPS = 8;

  private static final int MACHINE_ROWS = 8;

  /** Integer sums of four activation rows. */
  final int[] dots = new int[GROUPS * Dots.GROUP];

  /** What they begin with. */
  final int[] starts = new int[4 * GROUPS];

  /** What their scales are multiplied by. */
  final float[] factors = new float[4 * GROUPS];

  /** What their centres are multiplied by. */
  final float[] sums = new float[4 * GROUPS];

  /** A band of outputs of four activation rows. */
  final float[] band = new float[4 * Tiles.BAND];

  /**
   * What machine code reads and writes: up to eight addresses of rows, then the {@link #outputs} of
   * each.
   */
  final MemorySegment machine = Arena.ofAuto().allocate(outputs(MACHINE_ROWS), 64);

  /** Where in {@link #machine} the band of outputs of a row begins. */
  static long outputs(int row) {
    return MACHINE_ROWS * (long) Long.BYTES + row * (long) Tiles.BAND * Float.BYTES;
  }

  /** Partial sums of a reduction. */
  final float[] lanes = new float[RowMath.LANES];
}
