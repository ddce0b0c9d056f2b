// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.moe4j.model.Activation;

/** Element-wise functions, computed in double precision and rounded once. */
final class Scalars {

  private Scalars() {}

  /** {@code 1 / (1 + exp(-x))}. */
  static float sigmoid(float x) {
    return (float) (1 / (1 + StrictMath.exp(-(double) x)));
  }

  /** {@code log(1 + exp(x))}. */
  static double softplus(float x) {
    // Beyond 20 the difference to x is less than its last bit.
    return x > 20 ? x : StrictMath.log1p(StrictMath.exp(x));
  }

  /** {@code x / (1 + exp(-x))}. */
  static float silu(float x) {
    return (float) (x / (1 + StrictMath.exp(-(double) x)));
  }

  /** {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))}. */
  static float gelu(float x) {
    double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return (float) (0.5 * x * (1 + StrictMath.tanh(inner)));
  }

  /** Joins the two branches of a gated feed-forward. */
  static float join(Activation activation, float gate, float up) {
    return switch (activation) {
      case Activation.Silu() -> silu(gate) * up;
      case Activation.Gelu() -> gelu(gate) * up;
      case Activation.ClampedSwiGlu(float alpha, float limit) -> {
        double g = Math.min(gate, limit);
        double u = Math.clamp(up, -limit, limit);
        yield (float) (g / (1 + StrictMath.exp(-alpha * g)) * (u + 1));
      }
    };
  }
}
