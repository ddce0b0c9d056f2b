// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.moe4j.device.Device;
import org.moe4j.model.Norm;

/** Root mean square norm; the mean is taken in double precision. */
final class RootMeanSquare implements Device.NormWeights {

  private final float[] weight;
  private final float epsilon;

  RootMeanSquare(Norm norm) {
    weight = Matrix.values(norm.weight());
    epsilon = norm.epsilon();
  }

  int width() {
    return weight.length;
  }

  /** Norms {@link #width()} values; input and output may be the same. */
  void apply(float[] in, int inOffset, float[] out, int outOffset) {
    double squares = 0;
    for (int i = 0; i < weight.length; i++) {
      double value = in[inOffset + i];
      squares += value * value;
    }
    float factor = (float) (1 / Math.sqrt(squares / weight.length + epsilon));
    for (int i = 0; i < weight.length; i++) {
      out[outOffset + i] = in[inOffset + i] * factor * weight[i];
    }
  }
}
