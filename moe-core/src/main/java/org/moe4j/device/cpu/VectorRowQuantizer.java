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
      IntVector most = IntVector.zero(I);
      for (int i = 0; i < BLOCK; i += COUNT) {
        most =
            most.max(
                FloatVector.fromArray(F, x, first + i).reinterpretAsInts().and(Integer.MAX_VALUE));
      }
      float magnitude = Float.intBitsToFloat(most.reduceLanes(MAX));
      float inverse = magnitude < LEAST ? 0 : 127 / magnitude;
      to.scales[column / BLOCK] = magnitude < LEAST ? 0 : magnitude / 127;
      for (int i = 0; i < BLOCK; i += 2 * COUNT) {
        IntVector v0 = round(FloatVector.fromArray(F, x, first + i).mul(inverse));
        IntVector v1 = round(FloatVector.fromArray(F, x, first + i + COUNT).mul(inverse));
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

  private static IntVector round(FloatVector x) {
    return (IntVector) x.add(ROUND).sub(ROUND).convertShape(F2I, I, 0);
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
