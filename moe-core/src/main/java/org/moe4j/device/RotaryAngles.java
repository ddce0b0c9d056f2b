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
      float angle = (float) position * rotary.frequency(pair);
      // StrictMath gives the same bits on every machine and in every compiler tier.
      cosines[offset + pair] = (float) StrictMath.cos(angle) * rotary.scale();
      sines[offset + pair] = (float) StrictMath.sin(angle) * rotary.scale();
    }
  }
}
