// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.device.Device;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Linear;

/**
 * A linear map whose weights stay where the file has them and are dequantised row by row.
 *
 * <p>A product is the sum of single-precision weights times single-precision activations in double
 * precision: four partial sums of every fourth column, added pairwise, then the bias, rounded to
 * single precision once.
 */
final class Matrix implements Device.LinearWeights {

  private final TensorType type;
  private final MemorySegment data;
  private final float @Nullable [] bias;
  private final int outputs;
  private final int inputs;
  private final long rowBytes;

  Matrix(Linear linear) {
    type = requireSupported(linear.weight()).type();
    data = linear.weight().data();
    bias = linear.bias() == null ? null : values(linear.bias());
    outputs = linear.outputs();
    inputs = linear.inputs();
    rowBytes = type.bytes(inputs);
  }

  /** All values of a small tensor. */
  static float[] values(TensorData tensor) {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    Dequantizer.row(requireSupported(tensor).type(), tensor.data(), 0, values, 0, values.length);
    return values;
  }

  private static TensorData requireSupported(TensorData tensor) {
    TensorType type = tensor.type();
    if (!type.isSupported()) {
      throw new MixtureException.Unsupported(
          tensor.file() + ": " + tensor.name(), "tensor type " + type, TensorType.supportedNames());
    }
    return tensor;
  }

  int outputs() {
    return outputs;
  }

  /** Dequantises one row. */
  void row(int row, float[] into) {
    Dequantizer.row(type, data, row * rowBytes, into, 0, inputs);
  }

  /**
   * {@code out[r][o] = W[o] . in[r] + b[o]}; each weight row is dequantised once for all activation
   * rows.
   */
  void apply(int rows, float[][] in, float[][] out) {
    float[] stored = new float[inputs];
    double[] weights = new double[inputs];
    double[][] activations = new double[rows][inputs];
    for (int row = 0; row < rows; row++) {
      widen(in[row], activations[row]);
    }
    for (int output = 0; output < outputs; output++) {
      row(output, stored);
      widen(stored, weights);
      float add = bias == null ? 0 : bias[output];
      for (int row = 0; row < rows; row++) {
        out[row][output] = (float) (dot(weights, activations[row], inputs) + add);
      }
    }
  }

  /** {@code W in[r] + b} in new rows. */
  float[][] apply(int rows, float[][] in) {
    float[][] out = new float[rows][outputs];
    apply(rows, in, out);
    return out;
  }

  /** Single precision as double precision, once instead of in every product. */
  static void widen(float[] from, double[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
  }

  /** The dot product of the first {@code size} elements. */
  static double dot(double[] a, double[] b, int size) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int i = 0;
    for (; i + 3 < size; i += 4) {
      sum0 += a[i] * b[i];
      sum1 += a[i + 1] * b[i + 1];
      sum2 += a[i + 2] * b[i + 2];
      sum3 += a[i + 3] * b[i + 3];
    }
    for (; i < size; i++) {
      sum0 += a[i] * b[i];
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }
}
