// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import java.util.List;
import org.moe4j.device.Batch;
import org.moe4j.device.HeapRecurrent;
import org.moe4j.model.Mamba2;

/** A Mamba-2 mixer, position by position: the convolution's state first, then the heads'. */
final class ScalarMamba2 implements ScalarMixer {

  private final Mamba2 spec;
  private final Matrix gate;
  private final Matrix input;
  private final Matrix timeStep;
  private final Matrix output;
  private final Convolution convolution;
  private final float[] bias;
  private final float[] rates;
  private final float[] skip;
  private final List<RowNorm> norms;

  ScalarMamba2(Mamba2 spec) {
    this.spec = spec;
    gate = new Matrix(spec.maps().gate());
    input = new Matrix(spec.maps().input());
    timeStep = new Matrix(spec.maps().timeStep());
    output = new Matrix(spec.maps().output());
    convolution = new Convolution(spec.convolution());
    bias = Matrix.values(spec.timeStep().bias());
    rates = Matrix.values(spec.timeStep().rates());
    skip = Matrix.values(spec.timeStep().skip());
    norms = spec.norms().stream().map(RowNorm::new).toList();
  }

  @Override
  public void apply(int layer, Batch batch, float[][] in, float[][] out) {
    int rows = batch.rows();
    int width = spec.heads() * spec.headSize();
    float[][] gates = gate.apply(rows, in);
    float[][] inputs = input.apply(rows, in);
    float[][] steps = timeStep.apply(rows, in);
    float[][] mixed = new float[rows][width];
    int row = 0;
    for (Batch.Segment segment : batch.segments()) {
      float[] state = HeapRecurrent.of(segment, layer);
      for (int i = 0; i < segment.rows(); i++, row++) {
        convolution.apply(state, inputs[row]);
        for (int c = 0; c < inputs[row].length; c++) {
          inputs[row][c] = Scalars.silu(inputs[row][c]);
        }
        for (int head = 0; head < spec.heads(); head++) {
          head(state, head, inputs[row], steps[row][head], mixed[row]);
        }
        for (int c = 0; c < width; c++) {
          mixed[row][c] *= Scalars.silu(gates[row][c]);
        }
        for (int group = 0; group < spec.groups(); group++) {
          int at = group * (width / spec.groups());
          norms.get(group).apply(mixed[row], at, mixed[row], at);
        }
      }
    }
    output.apply(rows, mixed, out);
  }

  private void head(float[] state, int head, float[] row, float logit, float[] mixed) {
    int size = spec.stateSize();
    int width = spec.heads() * spec.headSize();
    int b = width + head / (spec.heads() / spec.groups()) * size;
    int c = b + spec.groups() * size;
    double step =
        Math.clamp(
            Scalars.softplus(logit + bias[head]), spec.timeStep().least(), spec.timeStep().most());
    double decay = StrictMath.exp(step * rates[head]);
    int first = spec.convolution().state() + head * spec.headSize() * size;
    for (int i = 0; i < spec.headSize(); i++) {
      float x = row[head * spec.headSize() + i];
      double sum = 0;
      for (int n = 0; n < size; n++) {
        int at = first + i * size + n;
        state[at] = (float) (state[at] * decay + step * x * row[b + n]);
        sum += (double) state[at] * row[c + n];
      }
      mixed[head * spec.headSize() + i] = (float) (sum + skip[head] * x);
    }
  }
}
