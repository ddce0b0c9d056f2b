// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

/** Element-wise functions, computed in double precision and rounded once. */
final class Activation {

  private Activation() {}

  /** {@code 1 / (1 + exp(-x))}. */
  static float sigmoid(float x) {
    return (float) (1 / (1 + StrictMath.exp(-(double) x)));
  }

  /** {@code x / (1 + exp(-x))}. */
  static float silu(float x) {
    return (float) (x / (1 + StrictMath.exp(-(double) x)));
  }
}
