// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.util.Arrays;
import java.util.Objects;

/**
 * One finite number for each expert of a layer, such as a correction bias. Immutable; equal when
 * all numbers are.
 */
public final class PerExpert {

  private final float[] values;

  private PerExpert(float[] values) {
    this.values = values;
  }

  /**
   * Copies the numbers.
   *
   * @param values one for each expert in the order of their ids, at least one, all finite
   */
  public static PerExpert of(float... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("expected a value for each expert, got none");
    }
    for (int expert = 0; expert < values.length; expert++) {
      if (!Float.isFinite(values[expert])) {
        throw new IllegalArgumentException(
            "the value of expert %d must be finite, was %s".formatted(expert, values[expert]));
      }
    }
    return new PerExpert(values.clone());
  }

  /** Number of experts. */
  public int size() {
    return values.length;
  }

  /**
   * The number of one expert.
   *
   * @param expert {@code 0 <= expert < size()}
   */
  public float get(int expert) {
    return values[Objects.checkIndex(expert, values.length)];
  }

  @Override
  public boolean equals(Object other) {
    return this == other || (other instanceof PerExpert that && Arrays.equals(values, that.values));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  /** All numbers of a few, how many and their range of more. */
  @Override
  public String toString() {
    if (values.length <= 8) {
      return Arrays.toString(values);
    }
    float lowest = values[0];
    float highest = values[0];
    for (float value : values) {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    return "[%d values from %s to %s]".formatted(values.length, lowest, highest);
  }
}
