// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.moe4j.format.TensorData;

/**
 * A linear map {@code y = W x + b}.
 *
 * @param weight {@code outputs x inputs}, row-major
 * @param bias one value an output, or null
 */
public record Linear(TensorData weight, @Nullable TensorData bias) {

  /**
   * A linear map without bias.
   *
   * @param weight {@code outputs x inputs}, row-major
   */
  public static Linear of(TensorData weight) {
    return new Linear(weight, null);
  }

  /**
   * The map to a range of the outputs.
   *
   * @param from the first output
   * @param to the output after the last
   */
  public Linear rows(long from, long to) {
    return new Linear(weight.rows(from, to), bias == null ? null : bias.rows(from, to));
  }

  /**
   * The map to chosen outputs in a new order.
   *
   * @param count number of outputs
   * @param output the output that becomes output {@code i}, for {@code 0 <= i < count}
   */
  public Linear select(long count, LongUnaryOperator output) {
    return new Linear(
        weight.select(count, output), bias == null ? null : bias.select(count, output));
  }

  /** Width of an output row. */
  public int outputs() {
    return Math.toIntExact(weight.size(0));
  }

  /** Width of an input row. */
  public int inputs() {
    return Math.toIntExact(weight.size(1));
  }

  /** Its weight and its bias if it has one. */
  public List<TensorData> tensors() {
    return bias == null ? List.of(weight) : List.of(weight, bias);
  }
}
