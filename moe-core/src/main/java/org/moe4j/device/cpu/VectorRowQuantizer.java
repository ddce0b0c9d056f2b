// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link RowQuantizer}; magnitudes are compared as integers, and sums of integers are exact in any
 * order.
 */
final class VectorRowQuantizer implements RowQuantizer {

  /** Adding and subtracting it rounds a small float to an integer, half to even. */
  private static final float ROUND = 0x1.8p23f;

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
      IntVector most = IntVector.zero(I);
      for (int i = 0; i < BLOCK; i += COUNT) {
        most =
            most.max(
                FloatVector.fromArray(F, x, first + i).reinterpretAsInts().and(Integer.MAX_VALUE));
      }
      float magnitude = Float.intBitsToFloat(most.reduceLanes(MAX));
      float scale = magnitude < LEAST ? 0 : magnitude / 127;
      float inverse = magnitude < LEAST ? 0 : 127 / magnitude;
      scales[to / BLOCK + b] = scale;
      for (int h = 0; h < 2; h++) {
        int at = h * HALF;
        IntVector total = IntVector.zero(I);
        for (int i = at; i < at + HALF; i += COUNT) {
          IntVector value =
              (IntVector)
                  FloatVector.fromArray(F, x, first + i)
                      .mul(inverse)
                      .add(ROUND)
                      .sub(ROUND)
                      .convertShape(F2I, I, 0);
          value.and(0xffff).or(value.lanewise(LSHL, 16)).intoArray(q, to + b * BLOCK + i);
          total = total.add(value);
        }
        sums[to / HALF + 2 * b + h] = total.reduceLanes(ADD);
        floatSums[to / HALF + 2 * b + h] = RowQuantizer.sum(x, first + at);
      }
    }
  }
}
