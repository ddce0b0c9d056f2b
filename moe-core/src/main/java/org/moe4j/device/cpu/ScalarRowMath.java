// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/** {@link RowMath} in plain loops. */
final class ScalarRowMath implements RowMath {

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
  public void addScaled(float factor, float[] x, int at, float[] y, int to, int count) {
    for (int i = 0; i < count; i++) {
      y[to + i] = Math.fma(x[at + i], factor, y[to + i]);
    }
  }

  @Override
  public void gate(float[] gate, float[] up, int at, int count) {
    for (int i = at; i < at + count; i++) {
      gate[i] = gate[i] / (1 + Exponential.of(-gate[i])) * up[i];
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
