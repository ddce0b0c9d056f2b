// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/** {@link RowQuantizer} in plain loops. */
final class ScalarRowQuantizer implements RowQuantizer {

  @Override
  public void quantize(float[] x, int from, int blocks, PairRows to, int at) {
    int[] q = new int[BLOCK];
    for (int b = 0; b < blocks; b++) {
      int first = from + b * BLOCK;
      int column = at + b * BLOCK;
      int most = 0;
      for (int i = 0; i < BLOCK; i++) {
        most = Math.max(most, Float.floatToRawIntBits(x[first + i]) & Integer.MAX_VALUE);
      }
      float magnitude = Float.intBitsToFloat(most);
      float inverse = RowQuantizer.inverse(magnitude);
      to.scales[column / BLOCK] = RowQuantizer.scale(magnitude);
      for (int i = 0; i < BLOCK; i++) {
        q[i] = (int) (float) Math.rint(x[first + i] * inverse);
      }
      for (int i = 0; i < BLOCK; i += 4) {
        to.pairs[(column + i) / 2] = RowQuantizer.pair(q[i], q[i + 2]);
        to.pairs[(column + i) / 2 + 1] = RowQuantizer.pair(q[i + 1], q[i + 3]);
      }
      for (int h = 0; h < 2; h++) {
        to.sums[column / HALF + h] = Arrays.stream(q, h * HALF, (h + 1) * HALF).sum();
        to.floatSums[column / HALF + h] = RowQuantizer.sum(x, first + h * HALF);
      }
    }
  }
}
