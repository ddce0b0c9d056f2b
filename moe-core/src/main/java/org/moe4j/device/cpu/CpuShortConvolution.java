// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import org.moe4j.device.Batch;
import org.moe4j.model.ShortConvolution;

/** A gated short convolution. */
final class CpuShortConvolution implements CpuMixer {

  private final CpuLinear input;
  private final CpuConvolution convolution;
  private final CpuLinear output;
  private final int channels;

  CpuShortConvolution(ShortConvolution spec, NativeMemory memory, Loops loops) {
    input = CpuLinear.load(spec.input(), memory, loops);
    convolution = new CpuConvolution(spec.convolution(), false);
    output = CpuLinear.load(spec.output(), memory, loops);
    channels = spec.convolution().channels();
  }

  @Override
  public void apply(
      Workers workers, MixerMemory memory, int layer, Batch batch, CpuRows in, CpuRows out) {
    int rows = batch.rows();
    CpuRows thirds = memory.rows("thirds", in.capacity(), 3 * channels);
    CpuRows gated = memory.rows("gated", in.capacity(), channels);
    CpuRows mixed = memory.rows("mixed", in.capacity(), channels);
    workers.linear(input, rows, in, thirds);
    workers.runRows(
        rows,
        (worker, from, to) -> {
          for (int row = (int) from; row < to; row++) {
            int third = row * 3 * channels;
            int at = row * channels;
            System.arraycopy(thirds.values(), third, gated.values(), at, channels);
            multiply(workers, thirds, third + 2 * channels, gated, at);
          }
        });
    convolution.apply(workers, layer, batch, gated, mixed);
    workers.runRows(
        rows,
        (worker, from, to) -> {
          for (int row = (int) from; row < to; row++) {
            multiply(workers, thirds, row * 3 * channels + channels, mixed, row * channels);
          }
        });
    mixed.written();
    workers.linear(output, rows, mixed, out);
  }

  private void multiply(Workers workers, CpuRows x, int at, CpuRows y, int to) {
    workers.kernels().rows().multiply(x.values(), at, y.values(), to, channels);
  }
}
