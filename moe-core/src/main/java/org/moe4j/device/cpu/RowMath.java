// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/**
 * Element-wise functions and reductions over rows of floats.
 *
 * <p>Sums run over 16 lanes, value {@code i} in lane {@code i mod 16}, each lane in order; then
 * lane {@code i} takes lane {@code i + 8}, then {@code i + 4}, {@code i + 2} and {@code i + 1}. So
 * they do not depend on the vector width.
 */
interface RowMath {

  /** Lanes of a sum. */
  int LANES = 16;

  /**
   * The sum of squares, with a fused multiply-add each.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values
   * @param lanes room for {@link #LANES} partial sums
   */
  float squares(float[] x, int at, int count, float[] lanes);

  /**
   * {@code y[i] = x[i] * factor * weight[i]}, multiplied in this order.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values
   * @param factor factor of all
   * @param weight factor of each
   * @param y receives the products; may be {@code x} at the same place
   * @param to index of the first product
   */
  void scaleEach(float[] x, int at, int count, float factor, float[] weight, float[] y, int to);

  /**
   * {@code y[i] = y[i] * factor}.
   *
   * @param factor factor of all
   * @param y values
   * @param to index of the first
   * @param count number of values
   */
  void scale(float factor, float[] y, int to, int count);

  /**
   * {@code y[i] = y[i] + x[i]}.
   *
   * @param x what is added
   * @param at index of the first
   * @param y what it is added to
   * @param to index of the first
   * @param count number of values
   */
  void add(float[] x, int at, float[] y, int to, int count);

  /**
   * {@code y[i] = y[i] * x[i]}.
   *
   * @param x factors
   * @param at index of the first
   * @param y what they are multiplied with
   * @param to index of the first
   * @param count number of values
   */
  void multiply(float[] x, int at, float[] y, int to, int count);

  /**
   * {@code y[i] = y[i] + x[i] * weight[i]}, fused.
   *
   * @param x values
   * @param at index of the first
   * @param weight factor of each
   * @param y what the products are added to
   * @param to index of the first
   * @param count number of values
   */
  void addProducts(float[] x, int at, float[] weight, float[] y, int to, int count);

  /**
   * {@code y[i] = y[i] + factor * x[i]}, fused.
   *
   * @param factor factor of all
   * @param x what is added
   * @param at index of the first
   * @param y what it is added to
   * @param to index of the first
   * @param count number of values
   */
  void addScaled(float factor, float[] x, int at, float[] y, int to, int count);

  /**
   * {@code x[i] = x[i] / (1 + exp(-x[i]))}.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values
   */
  void silu(float[] x, int at, int count);

  /**
   * {@code gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i]}.
   *
   * @param gate values
   * @param up what they are multiplied with
   * @param at index of the first, in both
   * @param count number of values
   */
  void gate(float[] gate, float[] up, int at, int count);

  /**
   * {@code gate[i] = gate[i] / (1 + exp(-2 u)) * up[i]} with {@code u = sqrt(2 / pi) (gate[i] +
   * 0.044715 gate[i]^3)}: GELU in its tanh form, because {@code (1 + tanh(u)) / 2 = 1 / (1 + exp(-2
   * u))}.
   *
   * @param gate values
   * @param up what they are multiplied with
   * @param at index of the first, in both
   * @param count number of values
   */
  void gateGelu(float[] gate, float[] up, int at, int count);

  /**
   * {@code gate[i] = g / (1 + exp(-alpha g)) * (u + 1)} with {@code g = min(gate[i], limit)} and
   * {@code u} the up value limited to {@code [-limit, limit]}.
   *
   * @param gate values
   * @param up what they are multiplied with
   * @param at index of the first, in both
   * @param count number of values
   * @param alpha steepness
   * @param limit largest magnitude
   */
  void gateClamped(float[] gate, float[] up, int at, int count, float alpha, float limit);

  /**
   * {@code y[i] = y[i] / (1 + exp(-x[i]))}.
   *
   * @param x logits of the sigmoids
   * @param at index of the first
   * @param y values
   * @param to index of the first
   * @param count number of values
   */
  void scaleBySigmoid(float[] x, int at, float[] y, int to, int count);

  /**
   * {@code y[i] = cap * tanh(y[i] / cap)}.
   *
   * @param cap largest magnitude
   * @param y values
   * @param to index of the first
   * @param count number of values
   */
  void cap(float cap, float[] y, int to, int count);

  /**
   * The sum.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values
   * @param lanes room for {@link #LANES} partial sums
   */
  float sum(float[] x, int at, int count, float[] lanes);

  /**
   * {@code y[i] = x[i] - center}.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values
   * @param center what is subtracted
   * @param y receives the differences; may be {@code x} at the same place
   * @param to index of the first difference
   */
  void subtract(float[] x, int at, int count, float center, float[] y, int to);

  /**
   * The largest value; NaN if there is one.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values, at least 1
   */
  float largest(float[] x, int at, int count);

  /**
   * {@code x[i] = exp(x[i] - shift)}.
   *
   * @param x values
   * @param at index of the first
   * @param count number of values
   * @param shift what is subtracted
   * @param lanes room for {@link #LANES} partial sums
   * @return the sum of the results
   */
  float exponentials(float[] x, int at, int count, float shift, float[] lanes);
}
