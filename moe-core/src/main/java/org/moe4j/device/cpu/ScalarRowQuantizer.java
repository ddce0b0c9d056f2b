// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/** {@link RowQuantizer} in plain loops. */
final class ScalarRowQuantizer implements RowQuantizer {

  @Override
  public void quantize(
      float[] x,
      int from,
      int blocks,
      int[] q,
      int to,
      int[] sums,
      float[] scales,
      float[] floatSums) {
    for (int b = 0; b < blocks; b++) {
      int first = from + b * BLOCK;
      int most = 0;
      for (int i = 0; i < BLOCK; i++) {
        most = Math.max(most, Float.floatToRawIntBits(x[first + i]) & Integer.MAX_VALUE);
      }
      float magnitude = Float.intBitsToFloat(most);
      float scale = magnitude < LEAST ? 0 : magnitude / 127;
      float inverse = magnitude < LEAST ? 0 : 127 / magnitude;
      Arrays.fill(sums, to / HALF + 2 * b, to / HALF + 2 * b + 2, 0);
      for (int i = 0; i < BLOCK; i++) {
        int value = (int) (float) Math.rint(x[first + i] * inverse);
        q[to + b * BLOCK + i] = (value & 0xffff) | (value << 16);
        sums[to / HALF + 2 * b + i / HALF] += value;
      }
      scales[to / BLOCK + b] = scale;
      for (int h = 0; h < 2; h++) {
        floatSums[to / HALF + 2 * b + h] = RowQuantizer.sum(x, first + h * HALF);
      }
    }
  }
}
