// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

/** How a gated feed-forward joins its two branches, element by element. */
public sealed interface Activation {

  /** {@code gate * sigmoid(gate) * up}. */
  Activation SILU = new Silu();

  /** {@code gelu(gate) * up} with the tanh form of GELU. */
  Activation GELU = new Gelu();

  /**
   * {@code gate * sigmoid(gate) * up}.
   *
   * @see <a href="https://arxiv.org/abs/2002.05202">GLU Variants Improve Transformer</a>
   */
  record Silu() implements Activation {}

  /**
   * {@code gate / 2 * (1 + tanh(sqrt(2 / pi) * (gate + 0.044715 gate^3))) * up}.
   *
   * @see <a href="https://arxiv.org/abs/1606.08415">Gaussian Error Linear Units</a>
   */
  record Gelu() implements Activation {}

  /**
   * {@code g * sigmoid(alpha g) * (u + 1)} with {@code g = min(gate, limit)} and {@code u} the up
   * branch limited to {@code [-limit, limit]}; used by gpt-oss.
   *
   * @param alpha steepness of the sigmoid
   * @param limit largest magnitude that goes through
   */
  record ClampedSwiGlu(float alpha, float limit) implements Activation {}
}
