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

  /** Bytes before the outputs, for the addresses. */
  private static final long LINE = 64;

  /** The most rows that machine code computes together. */
  static final int MACHINE_ROWS = 6;

  /**
   * Where from the outputs of the first row on machine code keeps the units of scales and centres,
   * a float for each row of the band.
   */
  static final int UNITS = MACHINE_ROWS * Tiles.BAND * Float.BYTES;

  /** Integer sums of four activation rows. */
  final int[] dots = new int[GROUPS * Dots.GROUP];

  /** What they begin with. */
  final int[] starts = new int[4 * GROUPS];

  /** What their scales are multiplied by. */
  final float[] factors = new float[4 * GROUPS];

  /** What their centres are multiplied by. */
  final float[] sums = new float[4 * GROUPS];

  /** Scales of the groups, and their centres. */
  final float[] scales = new float[GROUPS * Tiles.BAND];

  final float[] centres = new float[GROUPS * Tiles.BAND];

  /** A band of outputs of four activation rows. */
  final float[] band = new float[4 * Tiles.BAND];

  /**
   * What machine code reads and writes: addresses of rows, then the {@link #outputs} of each, then
   * {@link #UNITS}.
   */
  final MemorySegment machine = Arena.ofAuto().allocate(outputs(MACHINE_ROWS + 2), 64);

  /** Where in {@link #machine} the band of outputs of a row begins. */
  static long outputs(int row) {
    return LINE + row * (long) Tiles.BAND * Float.BYTES;
  }

  /** Partial sums of a reduction. */
  final float[] lanes = new float[RowMath.LANES];
}
