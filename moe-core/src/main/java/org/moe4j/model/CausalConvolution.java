// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.TensorData;

/**
 * Causal convolution of each channel for itself: {@code y[t] = bias + sum over j of weight[j] * x[t
 * - taps + 1 + j]}, where positions before the first are zeros.
 *
 * <p>Its state is the inputs of the last {@code taps - 1} positions, oldest first, {@code channels}
 * values each.
 *
 * @param channels values of a position
 * @param taps positions that take part in an output, the output's own included
 * @param weight {@code channels x taps}, row-major, whatever its rank
 * @param bias one value a channel, or null
 */
public record CausalConvolution(
    int channels, int taps, TensorData weight, @Nullable TensorData bias) {

  /** Checks the sizes. */
  public CausalConvolution {
    if (channels < 1
        || taps < 1
        || weight.elements() != (long) channels * taps
        || (bias != null && bias.elements() != channels)) {
      throw new IllegalArgumentException(
          "%d channels, %d taps, weight %s, bias %s".formatted(channels, taps, weight, bias));
    }
  }

  /** Values of its state. */
  public int state() {
    return Math.multiplyExact(channels, taps - 1);
  }

  /** Its weight, and its bias if it has one. */
  public List<TensorData> tensors() {
    return Stream.concat(Stream.of(weight), Stream.ofNullable(bias)).toList();
  }
}
