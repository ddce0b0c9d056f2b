// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** {@link Rotation} in plain loops. */
final class ScalarRotation implements Rotation {

  @Override
  public void halves(float[] x, int at, int pairs, float[] cosines, float[] sines, int from) {
    for (int i = 0; i < pairs; i++) {
      turn(x, at + i, at + i + pairs, cosines[from + i], sines[from + i]);
    }
  }

  @Override
  public void neighbours(float[] x, int at, int pairs, float[] cosines, float[] sines, int from) {
    for (int i = 0; i < pairs; i++) {
      turn(x, at + 2 * i, at + 2 * i + 1, cosines[from + i], sines[from + i]);
    }
  }

  static void turn(float[] x, int at0, int at1, float cosine, float sine) {
    float x0 = x[at0];
    float x1 = x[at1];
    x[at0] = x0 * cosine - x1 * sine;
    x[at1] = x1 * cosine + x0 * sine;
  }
}
