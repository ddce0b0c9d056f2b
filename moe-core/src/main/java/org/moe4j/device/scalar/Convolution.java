// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.jspecify.annotations.Nullable;
import org.moe4j.model.CausalConvolution;

/** A causal convolution; sums are taken in double precision. */
final class Convolution {

  private final int channels;
  private final int taps;
  private final float[] weight;
  private final float @Nullable [] bias;

  Convolution(CausalConvolution spec) {
    channels = spec.channels();
    taps = spec.taps();
    weight = Matrix.values(spec.weight());
    bias = spec.bias() == null ? null : Matrix.values(spec.bias());
  }

  /**
   * Replaces the inputs of one position by its outputs.
   *
   * @param state the inputs of the positions before, from index 0; takes in this one
   * @param row {@code channels} inputs, which become outputs
   */
  void apply(float[] state, float[] row) {
    float[] inputs = row.clone();
    for (int channel = 0; channel < channels; channel++) {
      double sum = bias == null ? 0 : bias[channel];
      for (int tap = 0; tap < taps; tap++) {
        float x = tap < taps - 1 ? state[tap * channels + channel] : inputs[channel];
        sum += (double) weight[channel * taps + tap] * x;
      }
      row[channel] = (float) sum;
    }
    if (taps > 1) {
      System.arraycopy(state, channels, state, 0, (taps - 2) * channels);
      System.arraycopy(inputs, 0, state, (taps - 2) * channels, channels);
    }
  }
}
