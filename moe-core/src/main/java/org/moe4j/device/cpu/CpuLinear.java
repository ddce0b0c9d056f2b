// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.jspecify.annotations.Nullable;
import org.moe4j.device.Device;
import org.moe4j.format.Dequantizer;
import org.moe4j.format.TensorData;
import org.moe4j.model.Linear;

/**
 * A linear map on this device.
 *
 * @param tiles its weights
 * @param bias one value an output, or null
 */
@SuppressWarnings("ArrayRecordComponent") // A handle: it is neither compared nor printed.
record CpuLinear(Tiles tiles, float @Nullable [] bias) implements Device.LinearWeights {

  static CpuLinear load(Linear linear, NativeMemory memory, Loops loops) {
    return new CpuLinear(
        Packer.pack(linear.weight(), memory, loops),
        linear.bias() == null ? null : values(linear.bias()));
  }

  /** All values of a small tensor. */
  static float[] values(TensorData tensor) {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, values.length);
    return values;
  }

  /** Computes one band, as {@link Tiles#band} says. */
  void band(
      Kernels kernels,
      int band,
      CpuRows in,
      int[] rows,
      int from,
      int to,
      CpuRows out,
      Scratch scratch) {
    tiles.band(kernels, band, in, rows, from, to, bias, out, scratch);
  }
}
