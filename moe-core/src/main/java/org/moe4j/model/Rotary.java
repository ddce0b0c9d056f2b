// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding: pair {@code i} of a head is turned by the angle {@code position x
 * frequency[i]}, and both components are multiplied by {@code scale}. Dimensions beyond the pairs
 * stay as they are.
 *
 * <p>A sequence that is begun as one of more positions than the model was first trained for may
 * have other frequencies, from its first position to its last.
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
  private final @Nullable Rotary extended;
  private final int original;

  /**
   * Creates a rotation.
   *
   * @param frequencies radians a position for each pair
   * @param interleaved whether pair i is dimensions (2i, 2i + 1); otherwise it is (i, i + number of
   *     pairs)
   * @param scale factor of the rotated components, 1 for plain RoPE
   */
  public Rotary(float[] frequencies, boolean interleaved, float scale) {
    this(frequencies.clone(), interleaved, scale, null, Integer.MAX_VALUE);
  }

  private Rotary(
      float[] frequencies,
      boolean interleaved,
      float scale,
      @Nullable Rotary extended,
      int original) {
    this.frequencies = frequencies;
    this.interleaved = interleaved;
    this.scale = scale;
    this.extended = extended;
    this.original = original;
  }

  /**
   * This rotation with another one for long sequences.
   *
   * @param rotary the rotation of long sequences, with as many pairs
   * @param context most positions of a sequence that is not long
   */
  public Rotary withExtended(Rotary rotary, int context) {
    if (rotary.pairs() != pairs() || rotary.interleaved != interleaved) {
      throw new IllegalArgumentException("the rotations differ in their pairs");
    }
    return new Rotary(frequencies, interleaved, scale, rotary, context);
  }

  /**
   * The rotation of a sequence, which must be the same for all its positions.
   *
   * @param announced positions that the sequence was announced with, 0 if nothing is known
   */
  public Rotary forSequence(int announced) {
    return extended == null || announced <= original ? this : extended;
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
        && rotary.scale == scale
        && rotary.original == original
        && Objects.equals(rotary.extended, extended);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(frequencies);
  }
}
