// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.moe4j.device.Batch;
import org.moe4j.device.HeapRecurrent;
import org.moe4j.model.ShortConvolution;

/** A gated short convolution, position by position. */
final class ScalarShortConvolution implements ScalarMixer {

  private final Matrix input;
  private final Convolution convolution;
  private final Matrix output;
  private final int channels;

  ScalarShortConvolution(ShortConvolution spec) {
    input = new Matrix(spec.input());
    convolution = new Convolution(spec.convolution());
    output = new Matrix(spec.output());
    channels = spec.convolution().channels();
  }

  @Override
  public void apply(int layer, Batch batch, float[][] in, float[][] out) {
    float[][] thirds = input.apply(batch.rows(), in);
    float[][] mixed = new float[batch.rows()][channels];
    int row = 0;
    for (Batch.Segment segment : batch.segments()) {
      float[] state = HeapRecurrent.of(segment, layer);
      for (int i = 0; i < segment.rows(); i++, row++) {
        float[] from = thirds[row];
        float[] to = mixed[row];
        for (int c = 0; c < channels; c++) {
          to[c] = from[c] * from[2 * channels + c];
        }
        convolution.apply(state, to);
        for (int c = 0; c < channels; c++) {
          to[c] *= from[channels + c];
        }
      }
    }
    output.apply(batch.rows(), mixed, out);
  }
}
