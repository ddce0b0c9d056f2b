// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.ints;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** {@link ByteCacheDots}, four vectors of floats from each vector of bytes. */
final class VectorByteCacheDots implements ByteCacheDots {

  /** Sign, exponent and fraction of a half, moved three bits down from a float's top. */
  private static final int HALF = 0x8fffe000;

  /** What a half whose bits were moved is too small by. */
  private static final float UP = 0x1p112f;

  /**
   * Two of the four positions of an int at a time, whose scales are in one int too: all four are
   * too much code.
   */
  @Override
  public void keys(long block, int size, float[] x, int at, float[] y, int to) {
    for (int t = 0; t < 32; t += COUNT) {
      int up = t < 16 ? 24 : 16;
      FloatVector low = FloatVector.zero(F);
      FloatVector high = low;
      for (int d = 0; d < size; d++) {
        IntVector four = ints(block + d * 64L + t % 16 * 4L);
        FloatVector v = FloatVector.broadcast(F, x[at + d]);
        low = floats(four.lanewise(LSHL, up)).fma(v, low);
        high = floats(four.lanewise(LSHL, up - 16)).fma(v, high);
      }
      IntVector scales = ints(block + BLOCK * POSITIONS + t * 4L);
      add(low, scales.lanewise(LSHL, 16), y, to + t);
      add(high, scales, y, to + t + 32);
    }
  }

  @Override
  public void values(long tile, int first, int end, float[] x, int at, float[] y, int to) {
    for (int t = to; t < to + 16; t += COUNT) {
      FloatVector a0 = FloatVector.fromArray(F, y, t);
      FloatVector a1 = FloatVector.fromArray(F, y, t + 16);
      FloatVector a2 = FloatVector.fromArray(F, y, t + 32);
      FloatVector a3 = FloatVector.fromArray(F, y, t + 48);
      for (int p = first; p < end; p++) {
        int both = Native.getInt(tile + POSITIONS * TILE + p * 4L);
        FloatVector v = FloatVector.broadcast(F, x[at + p] * Float.float16ToFloat((short) both));
        FloatVector w =
            FloatVector.broadcast(F, x[at + p] * Float.float16ToFloat((short) (both >> 16)));
        IntVector four = ints(tile + p * 64L + (t - to) * 4L);
        a0 = floats(four.lanewise(LSHL, 24)).fma(v, a0);
        a1 = floats(four.lanewise(LSHL, 16)).fma(v, a1);
        a2 = floats(four.lanewise(LSHL, 8)).fma(w, a2);
        a3 = floats(four).fma(w, a3);
      }
      a0.intoArray(y, t);
      a1.intoArray(y, t + 16);
      a2.intoArray(y, t + 32);
      a3.intoArray(y, t + 48);
    }
  }

  /** The top bytes as floats. */
  private static FloatVector floats(IntVector bytes) {
    return (FloatVector) bytes.lanewise(ASHR, 24).convertShape(I2F, F, 0);
  }

  /** Adds sums times the halves in the upper half of ints. */
  private static void add(FloatVector sums, IntVector halves, float[] y, int to) {
    FloatVector scale = halves.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(UP);
    sums.fma(scale, FloatVector.fromArray(F, y, to)).intoArray(y, to);
  }
}
