// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.TensorData;

/**
 * Norm of a row: {@code y = n(x) * (offset + weight) + bias}, where {@code n(x)} is {@code x /
 * sqrt(mean(x^2) + epsilon)} or {@code (x - mean(x)) / sqrt(variance(x) + epsilon)}.
 *
 * @param kind which of the two
 * @param width values that are normed together
 * @param weight one factor a column, or null for ones
 * @param offset added to the weight: 1 in families that store the distance from one, else 0
 * @param bias one value a column, or null
 * @param epsilon added to the mean square or the variance
 * @see <a href="https://arxiv.org/abs/1910.07467">Root Mean Square Layer Normalization</a>
 * @see <a href="https://arxiv.org/abs/1607.06450">Layer Normalization</a>
 */
public record Norm(
    Kind kind,
    int width,
    @Nullable TensorData weight,
    float offset,
    @Nullable TensorData bias,
    float epsilon) {

  /** What a row is divided by. */
  public enum Kind {
    /** Its root mean square. */
    ROOT_MEAN_SQUARE,
    /** Its standard deviation, after its mean was subtracted. */
    LAYER
  }

  /** Checks the width of the tensors. */
  public Norm {
    if (width < 1
        || (weight != null && weight.elements() != width)
        || (bias != null && bias.elements() != width)) {
      throw new IllegalArgumentException(
          "width %d, weight %s, bias %s".formatted(width, weight, bias));
    }
  }

  /**
   * Root mean square norm with a weight.
   *
   * @param weight one factor a column
   * @param epsilon added to the mean square
   */
  public static Norm rootMeanSquare(TensorData weight, float epsilon) {
    return new Norm(
        Kind.ROOT_MEAN_SQUARE, Math.toIntExact(weight.elements()), weight, 0, null, epsilon);
  }

  /**
   * Root mean square norm without a weight.
   *
   * @param width values that are normed together
   * @param epsilon added to the mean square
   */
  public static Norm plain(int width, float epsilon) {
    return new Norm(Kind.ROOT_MEAN_SQUARE, width, null, 0, null, epsilon);
  }

  /** Its weight and bias, as far as it has them. */
  public List<TensorData> tensors() {
    return Stream.concat(Stream.ofNullable(weight), Stream.ofNullable(bias)).toList();
  }
}
