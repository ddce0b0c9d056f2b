// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.ints;
import static org.moe4j.device.cpu.ScalarGroupScales.HALF;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** {@link GroupScales}, the two or four rows of a vector of ints at a time. */
final class VectorGroupScales implements GroupScales {

  @Override
  public void halves(long from, long step, int groups, float[] to) {
    for (int g = 0; g < groups; g++) {
      for (int v = 0; v < 32; v += COUNT) {
        IntVector both = ints(from + g * step + v * 4L);
        low(both).intoArray(to, g * Dots.ROWS + v);
        high(both).intoArray(to, g * Dots.ROWS + v + 32);
      }
    }
  }

  @Override
  public void bytes(long units, long from, long step, int groups, float[] to) {
    for (int v = 0; v < 16; v += COUNT) {
      IntVector first = ints(units + v * 4L);
      IntVector second = ints(units + v * 4L + 64);
      FloatVector u0 = low(first);
      FloatVector u1 = low(second);
      FloatVector u2 = high(first);
      FloatVector u3 = high(second);
      for (int g = 0; g < groups; g++) {
        IntVector four = ints(from + g * step + v * 4L);
        int i = g * Dots.ROWS + v;
        signed(four, 24).mul(u0).intoArray(to, i);
        signed(four, 16).mul(u1).intoArray(to, i + 16);
        signed(four, 8).mul(u2).intoArray(to, i + 32);
        signed(four, 0).mul(u3).intoArray(to, i + 48);
      }
    }
  }

  @Override
  public void centres(
      long units, long from, long step, int groups, int offset, float[] scales, float[] to) {
    bytes(units, from, step, groups, to);
    FloatVector by = FloatVector.broadcast(F, offset);
    for (int i = 0; i < groups * Dots.ROWS; i += COUNT) {
      FloatVector centre = FloatVector.fromArray(F, to, i);
      FloatVector.fromArray(F, scales, i).fma(by, centre).intoArray(to, i);
    }
  }

  private static FloatVector low(IntVector both) {
    return both.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
  }

  private static FloatVector high(IntVector both) {
    return both.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
  }

  /** A byte of each int: the one that the shift brings to the top. */
  private static FloatVector signed(IntVector four, int shift) {
    IntVector value = four.lanewise(LSHL, shift).lanewise(ASHR, 24);
    return (FloatVector) value.convertShape(I2F, F, 0);
  }
}
