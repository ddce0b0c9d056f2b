// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.device.Device;
import org.moe4j.model.Norm;

/**
 * A root mean square norm on this device.
 *
 * @param weight one factor a column
 * @param epsilon added to the mean square
 */
@SuppressWarnings("ArrayRecordComponent") // A handle: it is neither compared nor printed.
record CpuNorm(float[] weight, float epsilon) implements Device.NormWeights {

  static CpuNorm load(Norm norm) {
    return new CpuNorm(CpuLinear.values(norm.weight()), norm.epsilon());
  }

  int width() {
    return weight.length;
  }

  /** Norms {@link #width()} values; input and output may be the same place. */
  void apply(Kernels kernels, float[] x, int at, float[] y, int to, float[] lanes) {
    float squares = kernels.rows().squares(x, at, weight.length, lanes);
    float factor = (float) (1 / Math.sqrt((double) squares / weight.length + epsilon));
    kernels.rows().scaleEach(x, at, weight.length, factor, weight, y, to);
  }
}
