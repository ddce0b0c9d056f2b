// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * One expert of a mixture: hidden rows in, hidden rows out.
 *
 * <p>A model's own experts ({@link MixtureModel#expert}) are gated feed-forward networks that a
 * device runs grouped; a caller's own stands in for one of them ({@link
 * MixtureModel.Builder#expert}) and is called on the host with all rows of a step that chose it. It
 * is called by one thread at a time, may be slow and may throw: the requests whose rows it was
 * given fail, the model lives on.
 */
@FunctionalInterface
public interface Expert {

  /**
   * Computes the expert's output, before the routing weight is applied.
   *
   * @param hidden {@code rows x hiddenSize} values, row-major; must not be changed or kept
   * @param rows number of rows, at least 1
   * @return {@code rows x hiddenSize} values, row-major; handed over to the caller
   */
  float[] apply(float[] hidden, int rows);

  /**
   * What is known of this expert.
   *
   * @throws UnsupportedOperationException if it was not obtained from a model
   */
  default ExpertInfo info() {
    throw new UnsupportedOperationException(
        "only an expert obtained from a model knows its layer, index and shape");
  }
}
