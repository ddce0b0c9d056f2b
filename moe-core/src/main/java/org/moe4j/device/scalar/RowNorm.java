// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Device;
import org.moe4j.model.Norm;

/** A norm; means are taken in double precision. */
final class RowNorm implements Device.NormWeights {

  private final Norm.Kind kind;
  private final int width;
  private final float @Nullable [] factors;
  private final float @Nullable [] bias;
  private final float epsilon;

  RowNorm(Norm norm) {
    kind = norm.kind();
    width = norm.width();
    factors = norm.weight() == null ? null : Matrix.values(norm.weight());
    if (factors != null) {
      for (int i = 0; i < factors.length; i++) {
        factors[i] += norm.offset();
      }
    }
    bias = norm.bias() == null ? null : Matrix.values(norm.bias());
    epsilon = norm.epsilon();
  }

  int width() {
    return width;
  }

  /** Norms {@link #width()} values; input and output may be the same. */
  void apply(float[] in, int inOffset, float[] out, int outOffset) {
    double mean = 0;
    if (kind == Norm.Kind.LAYER) {
      for (int i = 0; i < width; i++) {
        mean += in[inOffset + i];
      }
      mean /= width;
    }
    double squares = 0;
    for (int i = 0; i < width; i++) {
      double value = in[inOffset + i] - mean;
      squares += value * value;
    }
    float center = (float) mean;
    float factor = (float) (1 / Math.sqrt(squares / width + epsilon));
    for (int i = 0; i < width; i++) {
      float value = (in[inOffset + i] - center) * factor;
      if (factors != null) {
        value *= factors[i];
      }
      out[outOffset + i] = bias == null ? value : value + bias[i];
    }
  }

  /** Norms a row in place, in pieces of {@link #width()}; without a norm it stays as it is. */
  static void apply(@Nullable RowNorm norm, float[] row) {
    if (norm != null) {
      for (int i = 0; i < row.length; i += norm.width) {
        norm.apply(row, i, row, i);
      }
    }
  }

  static @Nullable RowNorm of(@Nullable Norm norm) {
    return norm == null ? null : new RowNorm(norm);
  }
}
