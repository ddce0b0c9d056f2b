// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Device;
import org.moe4j.model.Norm;

/**
 * A norm on this device.
 *
 * @param kind what a row is divided by
 * @param factors one factor a column
 * @param bias one value a column, or null
 * @param epsilon added to the mean square
 */
@SuppressWarnings("ArrayRecordComponent") // A handle: it is neither compared nor printed.
record CpuNorm(Norm.Kind kind, float[] factors, float @Nullable [] bias, float epsilon)
    implements Device.NormWeights {

  static CpuNorm load(Norm norm) {
    float[] factors;
    if (norm.weight() == null) {
      factors = new float[norm.width()];
      Arrays.fill(factors, 1);
    } else {
      factors = CpuLinear.values(norm.weight());
      for (int i = 0; i < factors.length; i++) {
        factors[i] += norm.offset();
      }
    }
    float[] bias = norm.bias() == null ? null : CpuLinear.values(norm.bias());
    return new CpuNorm(norm.kind(), factors, bias, norm.epsilon());
  }

  static @Nullable CpuNorm loadIfAny(@Nullable Norm norm) {
    return norm == null ? null : load(norm);
  }

  int width() {
    return factors.length;
  }

  /** Norms {@link #width()} values; input and output may be the same place. */
  void apply(Kernels kernels, float[] x, int at, float[] y, int to, float[] lanes) {
    RowMath rows = kernels.rows();
    int width = factors.length;
    float[] from = x;
    int first = at;
    if (kind == Norm.Kind.LAYER) {
      float mean = (float) ((double) rows.sum(x, at, width, lanes) / width);
      rows.subtract(x, at, width, mean, y, to);
      from = y;
      first = to;
    }
    float squares = rows.squares(from, first, width, lanes);
    float factor = (float) (1 / Math.sqrt((double) squares / width + epsilon));
    rows.scaleEach(from, first, width, factor, factors, y, to);
    if (bias != null) {
      rows.add(bias, 0, y, to, width);
    }
  }

  /** Norms a row in place, in pieces of {@link #width()}. */
  void applyToPieces(Kernels kernels, float[] x, int at, int count, float[] lanes) {
    for (int i = at; i < at + count; i += factors.length) {
      apply(kernels, x, i, x, i, lanes);
    }
  }
}
