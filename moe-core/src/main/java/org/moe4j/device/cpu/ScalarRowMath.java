// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/** {@link RowMath} in plain loops. */
final class ScalarRowMath implements RowMath {

  static final float GELU_CUBE = 0.044715f;

  /** {@code 2 sqrt(2 / pi)}. */
  static final float GELU_SCALE = 1.595769f;

  @Override
  public float squares(float[] x, int at, int count, float[] lanes) {
    Arrays.fill(lanes, 0, LANES, 0);
    for (int i = 0; i < count; i++) {
      lanes[i % LANES] = Math.fma(x[at + i], x[at + i], lanes[i % LANES]);
    }
    return sum(lanes);
  }

  /** Adds up the lanes, which are changed. */
  static float sum(float[] lanes) {
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }

  @Override
  public void scaleEach(
      float[] x, int at, int count, float factor, float[] weight, float[] y, int to) {
    for (int i = 0; i < count; i++) {
      y[to + i] = x[at + i] * factor * weight[i];
    }
  }

  @Override
  public void scale(float factor, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] *= factor;
    }
  }

  @Override
  public void add(float[] x, int at, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] += x[at + i];
    }
  }

  @Override
  public void multiply(float[] x, int at, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] *= x[at + i];
    }
  }

  @Override
  public void addProducts(float[] x, int at, float[] weight, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] = Math.fma(x[at + i], weight[i], y[to + i]);
    }
  }

  @Override
  public void addScaled(float factor, float[] x, int at, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] = Math.fma(x[at + i], factor, y[to + i]);
    }
  }

  @Override
  public void silu(float[] x, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] = x[i] / (1 + Exponential.of(-x[i]));
    }
  }

  @Override
  public void gate(float[] gate, float[] up, int at, int count) {
    for (int i = at; i < at + count; i++) {
      gate[i] = gate[i] / (1 + Exponential.of(-gate[i])) * up[i];
    }
  }

  @Override
  public void gateGelu(float[] gate, float[] up, int at, int count) {
    for (int i = at; i < at + count; i++) {
      float g = gate[i];
      float inner = Math.fma(g * g * g, GELU_CUBE, g) * GELU_SCALE;
      gate[i] = g / (1 + Exponential.of(-inner)) * up[i];
    }
  }

  @Override
  public void gateClamped(float[] gate, float[] up, int at, int count, float alpha, float limit) {
    for (int i = at; i < at + count; i++) {
      float g = Math.min(gate[i], limit);
      float u = Math.max(Math.min(up[i], limit), -limit);
      gate[i] = g / (1 + Exponential.of(-(g * alpha))) * (u + 1);
    }
  }

  @Override
  public void scaleBySigmoid(float[] x, int at, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] = y[to + i] / (1 + Exponential.of(-x[at + i]));
    }
  }

  @Override
  public void cap(float cap, float[] y, int to, int count) {
    for (int i = to; i < to + count; i++) {
      // tanh(z) = 1 - 2 / (exp(2 z) + 1)
      float e = Exponential.of(y[i] / cap * 2);
      y[i] = (1 - 2 / (e + 1)) * cap;
    }
  }

  @Override
  public float sum(float[] x, int at, int count, float[] lanes) {
    Arrays.fill(lanes, 0, LANES, 0);
    for (int i = 0; i < count; i++) {
      lanes[i % LANES] += x[at + i];
    }
    return sum(lanes);
  }

  @Override
  public void subtract(float[] x, int at, int count, float center, float[] y, int to) {
    for (int i = 0; i < count; i++) {
      y[to + i] = x[at + i] - center;
    }
  }

  @Override
  public float largest(float[] x, int at, int count) {
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, x[at + i]);
    }
    return most;
  }

  @Override
  public float exponentials(float[] x, int at, int count, float shift, float[] lanes) {
    Arrays.fill(lanes, 0, LANES, 0);
    for (int i = 0; i < count; i++) {
      x[at + i] = Exponential.of(x[at + i] - shift);
      lanes[i % LANES] += x[at + i];
    }
    return sum(lanes);
  }
}
