// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.NEG;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link Rotation}; pairs that fill no vector are turned the scalar way, which gives the same bits.
 */
final class VectorRotation implements Rotation {

  private static final VectorShuffle<Float> SWAP = VectorShuffle.fromOp(F, lane -> lane ^ 1);
  private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(F, lane -> lane / 2);
  private static final VectorMask<Float> EVEN =
      VectorMask.fromLong(F, 0x5555_5555_5555_5555L >>> (Long.SIZE - COUNT));

  @Override
  public void halves(float[] x, int at, int pairs, float[] cosines, float[] sines, int from) {
    int end = pairs & -COUNT;
    for (int i = 0; i < end; i += COUNT) {
      FloatVector x0 = FloatVector.fromArray(F, x, at + i);
      FloatVector x1 = FloatVector.fromArray(F, x, at + i + pairs);
      FloatVector cosine = FloatVector.fromArray(F, cosines, from + i);
      FloatVector sine = FloatVector.fromArray(F, sines, from + i);
      x0.mul(cosine).sub(x1.mul(sine)).intoArray(x, at + i);
      x1.mul(cosine).add(x0.mul(sine)).intoArray(x, at + i + pairs);
    }
    for (int i = end; i < pairs; i++) {
      ScalarRotation.turn(x, at + i, at + i + pairs, cosines[from + i], sines[from + i]);
    }
  }

  /**
   * Each vector of cosines and sines is loaded whole and its lower half spread, so the last half
   * vector is left over.
   */
  @Override
  public void neighbours(float[] x, int at, int pairs, float[] cosines, float[] sines, int from) {
    int i = 0;
    for (; i + COUNT <= pairs; i += COUNT / 2) {
      FloatVector v = FloatVector.fromArray(F, x, at + 2 * i);
      FloatVector cosine = FloatVector.fromArray(F, cosines, from + i).rearrange(LOW);
      FloatVector sine = FloatVector.fromArray(F, sines, from + i).rearrange(LOW);
      // x0 cos + x1 (-sin) and x0 cos - x1 sin are the same float.
      v.mul(cosine).add(v.rearrange(SWAP).mul(sine.lanewise(NEG, EVEN))).intoArray(x, at + 2 * i);
    }
    for (; i < pairs; i++) {
      ScalarRotation.turn(x, at + 2 * i, at + 2 * i + 1, cosines[from + i], sines[from + i]);
    }
  }
}
