// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link RowQuantizer}; magnitudes are compared as integers, and sums of integers are exact in any
 * order.
 */
final class VectorRowQuantizer implements RowQuantizer {

  /** Adding and subtracting it rounds a small float to an integer, half to even. */
  private static final float ROUND = 0x1.8p23f;

  /** Of two vectors, the columns that go into the low halves of pairs, and those of the high. */
  private static final VectorShuffle<Integer> LOW =
      VectorShuffle.fromOp(I, i -> partner(i / 2 * 4 + i % 2));

  private static final VectorShuffle<Integer> HIGH =
      VectorShuffle.fromOp(I, i -> partner(i / 2 * 4 + i % 2 + 2));

  /** A lane of the second vector is named by a negative number. */
  private static int partner(int lane) {
    return lane < COUNT ? lane : lane - 2 * COUNT;
  }

  @Override
  public void quantize(float[] x, int from, int blocks, PairRows to, int at) {
    for (int b = 0; b < blocks; b++) {
      int first = from + b * BLOCK;
      int column = at + b * BLOCK;
      float magnitude = magnitude(x, first);
      float inverse = RowQuantizer.inverse(magnitude);
      to.scales[column / BLOCK] = RowQuantizer.scale(magnitude);
      for (int i = 0; i < BLOCK; i += 2 * COUNT) {
        IntVector v0 = values(x, first + i, inverse);
        IntVector v1 = values(x, first + i + COUNT, inverse);
        IntVector pairs =
            v0.rearrange(LOW, v1).and(0xffff).or(v0.rearrange(HIGH, v1).lanewise(LSHL, 16));
        pairs.intoArray(to.pairs, (column + i) / 2);
      }
      for (int h = 0; h < 2; h++) {
        to.sums[column / HALF + h] = sum(to.pairs, (column + h * HALF) / 2);
        to.floatSums[column / HALF + h] = RowQuantizer.sum(x, first + h * HALF);
      }
    }
  }

  /** The largest magnitude of a block; NaN and infinities are the largest. */
  static float magnitude(float[] x, int from) {
    IntVector most = IntVector.zero(I);
    for (int i = from; i < from + BLOCK; i += COUNT) {
      most = most.max(FloatVector.fromArray(F, x, i).reinterpretAsInts().and(Integer.MAX_VALUE));
    }
    return Float.intBitsToFloat(most.reduceLanes(MAX));
  }

  /** A vector of quantised values. */
  static IntVector values(float[] x, int from, float inverse) {
    FloatVector scaled = FloatVector.fromArray(F, x, from).mul(inverse);
    return (IntVector) scaled.add(ROUND).sub(ROUND).convertShape(F2I, I, 0);
  }

  /** The sum of both halves of eight pairs. */
  private static int sum(int[] pairs, int at) {
    int low = 0;
    int high = 0;
    for (int i = at; i < at + HALF / 2; i++) {
      low += (short) pairs[i];
      high += pairs[i] >> Short.SIZE;
    }
    return low + high;
  }
}
