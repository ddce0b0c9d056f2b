// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.Arrays;

/**
 * Rotary position embedding: pair {@code i} of a head is turned by the angle {@code position x
 * frequency[i]}, and both components are multiplied by {@code scale}. Dimensions beyond the pairs
 * stay as they are.
 *
 * <p>Immutable; the frequencies are copied in and out.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">RoFormer: Enhanced Transformer with Rotary
 *     Position Embedding</a>
 */
public final class Rotary {

  private final float[] frequencies;
  private final boolean interleaved;
  private final float scale;

  /**
   * Creates a rotation.
   *
   * @param frequencies radians a position for each pair
   * @param interleaved whether pair i is dimensions (2i, 2i + 1); otherwise it is (i, i + number of
   *     pairs)
   * @param scale factor of the rotated components, 1 for plain RoPE
   */
  public Rotary(float[] frequencies, boolean interleaved, float scale) {
    this.frequencies = frequencies.clone();
    this.interleaved = interleaved;
    this.scale = scale;
  }

  /** Number of pairs; twice as many dimensions are rotated. */
  public int pairs() {
    return frequencies.length;
  }

  /**
   * Radians a position.
   *
   * @param pair {@code 0 <= pair < pairs()}
   */
  public float frequency(int pair) {
    return frequencies[pair];
  }

  /** Whether pair i is dimensions (2i, 2i + 1); otherwise it is (i, i + pairs()). */
  public boolean interleaved() {
    return interleaved;
  }

  /** Factor of the rotated components. */
  public float scale() {
    return scale;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Rotary rotary
        && Arrays.equals(rotary.frequencies, frequencies)
        && rotary.interleaved == interleaved
        && rotary.scale == scale;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(frequencies);
  }
}
