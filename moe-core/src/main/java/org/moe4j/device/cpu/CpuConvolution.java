// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.device.HeapRecurrent;
import org.moe4j.model.CausalConvolution;

/**
 * A causal convolution on this device. Each output is the bias, or zero, to which the products are
 * added from the oldest position to the newest, so that it does not matter which of them come out
 * of the state.
 */
final class CpuConvolution {

  private final int channels;
  private final int before;

  /** A row of factors for each position, oldest first. */
  private final float[][] weights;

  private final float @Nullable [] bias;

  private final boolean activated;

  /**
   * Loads a convolution.
   *
   * @param spec the convolution
   * @param activated whether its outputs go through {@code x / (1 + exp(-x))}
   */
  CpuConvolution(CausalConvolution spec, boolean activated) {
    this.activated = activated;
    channels = spec.channels();
    before = spec.taps() - 1;
    weights = new float[spec.taps()][channels];
    float[] stored = CpuLinear.values(spec.weight());
    for (int i = 0; i < stored.length; i++) {
      weights[i % spec.taps()][i / spec.taps()] = stored[i];
    }
    bias = spec.bias() == null ? null : CpuLinear.values(spec.bias());
  }

  /**
   * Convolves all rows of a batch and takes their inputs into the sequences' states, where they
   * come first.
   *
   * @param workers share the work
   * @param layer index of the layer
   * @param batch gives the sequences
   * @param in {@code channels} values a row
   * @param out receives as many
   */
  void apply(Workers workers, int layer, Batch batch, CpuRows in, CpuRows out) {
    int first = 0;
    for (Batch.Segment segment : batch.segments()) {
      float[] state = HeapRecurrent.of(segment, layer);
      int start = first;
      workers.runRows(
          segment.rows(),
          (worker, from, to) -> {
            for (int row = (int) from; row < to; row++) {
              row(workers.kernels().rows(), state, row, start, in.values(), out.values());
            }
          });
      keep(state, segment.rows(), start, in.values());
      first += segment.rows();
    }
    out.written();
  }

  /** One row of a segment whose first row is {@code start}. */
  private void row(RowMath math, float[] state, int row, int start, float[] in, float[] out) {
    int to = (start + row) * channels;
    if (bias == null) {
      Arrays.fill(out, to, to + channels, 0);
    } else {
      System.arraycopy(bias, 0, out, to, channels);
    }
    for (int tap = 0; tap <= before; tap++) {
      int source = row - before + tap;
      if (source < 0) {
        math.addProducts(state, (before + source) * channels, weights[tap], out, to, channels);
      } else {
        math.addProducts(in, (start + source) * channels, weights[tap], out, to, channels);
      }
    }
    if (activated) {
      math.silu(out, to, channels);
    }
  }

  /** The last inputs become the state. */
  private void keep(float[] state, int rows, int start, float[] in) {
    int old = Math.max(before - rows, 0);
    System.arraycopy(state, (before - old) * channels, state, 0, old * channels);
    int fresh = before - old;
    System.arraycopy(
        in, (start + rows - fresh) * channels, state, old * channels, fresh * channels);
  }
}
