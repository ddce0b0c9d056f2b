// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device;

import org.moe4j.model.Rotary;

/**
 * Cosines and sines of a rotary embedding, the same bits on every device and machine.
 *
 * <p>The angle is the single-precision product of position and frequency, as the reference
 * implementation has it: at large positions its rounding is far larger than that of the cosine.
 * Stateless.
 */
public final class RotaryAngles {

  /** The first 33 bits of half pi; a product with up to 20 bits is exact. */
  private static final double HALF_PI = 0x1.921fb544p0;

  /** What is left of half pi. */
  private static final double HALF_PI_REST = 0x1.0b4611a626331p-34;

  private static final double MOST_QUARTERS = 1 << 20;

  private RotaryAngles() {}

  /**
   * Computes the factors of one position.
   *
   * @param rotary the rotation
   * @param position position in the sequence, 0 or more
   * @param cosines receives {@code scale x cos(angle)} of each pair from {@code offset}
   * @param sines receives {@code scale x sin(angle)} of each pair from {@code offset}
   * @param offset where the first pair goes
   */
  public static void compute(
      Rotary rotary, int position, float[] cosines, float[] sines, int offset) {
    for (int pair = 0; pair < rotary.pairs(); pair++) {
      double angle = (float) position * rotary.frequency(pair);
      // Less the nearest quarters of a circle: compiled, StrictMath makes no object as long as it
      // has never had to do that itself; for angles that no context reaches it may.
      double quarters = Math.rint(angle / HALF_PI);
      if (Math.abs(quarters) > MOST_QUARTERS) {
        quarters = 0;
      }
      double rest = angle - quarters * HALF_PI - quarters * HALF_PI_REST;
      // StrictMath gives the same bits on every machine and in every compiler tier.
      double cosine = StrictMath.cos(rest);
      double sine = StrictMath.sin(rest);
      boolean swapped = ((int) quarters & 1) != 0;
      double x = swapped ? -sine : cosine;
      double y = swapped ? cosine : sine;
      boolean opposite = ((int) quarters & 2) != 0;
      cosines[offset + pair] = (float) (opposite ? -x : x) * rotary.scale();
      sines[offset + pair] = (float) (opposite ? -y : y) * rotary.scale();
    }
  }
}
