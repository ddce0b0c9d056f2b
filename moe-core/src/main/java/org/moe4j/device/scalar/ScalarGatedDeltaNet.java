// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import org.moe4j.device.Batch;
import org.moe4j.device.HeapRecurrent;
import org.moe4j.model.GatedDeltaNet;

/** The gated delta rule, position by position: the convolution's state first, then the heads'. */
final class ScalarGatedDeltaNet implements ScalarMixer {

  private final GatedDeltaNet spec;
  private final Matrix input;
  private final Matrix gate;
  private final Matrix beta;
  private final Matrix decay;
  private final Matrix output;
  private final Convolution convolution;
  private final float[] decayBias;
  private final float[] rates;
  private final RowNorm norm;

  ScalarGatedDeltaNet(GatedDeltaNet spec) {
    this.spec = spec;
    input = new Matrix(spec.maps().input());
    gate = new Matrix(spec.maps().gate());
    beta = new Matrix(spec.maps().beta());
    decay = new Matrix(spec.maps().decay());
    output = new Matrix(spec.maps().output());
    convolution = new Convolution(spec.convolution());
    decayBias = Matrix.values(spec.decayBias());
    rates = Matrix.values(spec.rates());
    norm = new RowNorm(spec.norm());
  }

  @Override
  public void apply(int layer, Batch batch, float[][] in, float[][] out) {
    int rows = batch.rows();
    float[][] inputs = input.apply(rows, in);
    float[][] gates = gate.apply(rows, in);
    float[][] betas = beta.apply(rows, in);
    float[][] decays = decay.apply(rows, in);
    float[][] mixed = new float[rows][spec.valueHeads() * spec.valueSize()];
    int row = 0;
    for (Batch.Segment segment : batch.segments()) {
      float[] state = HeapRecurrent.of(segment, layer);
      for (int i = 0; i < segment.rows(); i++, row++) {
        float[] x = inputs[row];
        convolution.apply(state, x);
        for (int c = 0; c < x.length; c++) {
          x[c] = Scalars.silu(x[c]);
        }
        int keys = spec.keyHeads() * spec.keySize();
        for (int at = 0; at < keys; at += spec.keySize()) {
          normalise(x, at, Math.sqrt(spec.keySize()));
          normalise(x, keys + at, 1);
        }
        for (int head = 0; head < spec.valueHeads(); head++) {
          double fades = Scalars.softplus(decays[row][head] + decayBias[head]) * rates[head];
          head(state, head, x, StrictMath.exp(fades), betas[row][head], mixed[row]);
          norm.apply(mixed[row], head * spec.valueSize(), mixed[row], head * spec.valueSize());
        }
        for (int c = 0; c < mixed[row].length; c++) {
          mixed[row][c] *= Scalars.silu(gates[row][c]);
        }
      }
    }
    output.apply(rows, mixed, out);
  }

  private void normalise(float[] x, int at, double divisor) {
    double squares = 0;
    for (int i = at; i < at + spec.keySize(); i++) {
      squares += (double) x[i] * x[i];
    }
    double factor = 1 / (Math.sqrt(squares + GatedDeltaNet.EPSILON) * divisor);
    for (int i = at; i < at + spec.keySize(); i++) {
      x[i] = (float) (x[i] * factor);
    }
  }

  private void head(float[] state, int head, float[] row, double decay, float beta, float[] mixed) {
    int size = spec.keySize();
    int q = spec.keyHead(head) * size;
    int k = q + spec.keyHeads() * size;
    int v = 2 * spec.keyHeads() * size + head * spec.valueSize();
    int first = spec.convolution().state() + head * spec.valueSize() * size;
    for (int i = 0; i < spec.valueSize(); i++) {
      int at = first + i * size;
      double memory = 0;
      for (int n = 0; n < size; n++) {
        memory += state[at + n] * decay * row[k + n];
      }
      double delta = (row[v + i] - memory) * Scalars.sigmoid(beta);
      double sum = 0;
      for (int n = 0; n < size; n++) {
        state[at + n] = (float) (state[at + n] * decay + row[k + n] * delta);
        sum += (double) state[at + n] * row[q + n];
      }
      mixed[head * spec.valueSize() + i] = (float) sum;
    }
  }
}
