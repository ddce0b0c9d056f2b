// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.ints;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** {@link BlockScale}, a vector of low and one of high halves at a time. */
final class VectorBlockScale implements BlockScale {

  /** Sign, exponent and fraction of a half, moved three bits down from a float's top. */
  private static final int HALF = 0x8fffe000;

  @Override
  public void scaleNibbles(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector halves = ints(scales + g * step + v * 4L);
        IntVector sums = IntVector.fromArray(I, dots, from + g * 32 + v);
        float factor = xScales[at + (g >> shift)] * unit;
        low = low(halves).mul(factor).fma(floats(sums.lanewise(LSHL, 16).lanewise(ASHR, 16)), low);
        high = high(halves).mul(factor).fma(floats(sums.lanewise(ASHR, 16)), high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void scaleHalves(
      long scales,
      long step,
      float unit,
      int groups,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector halves = ints(scales + g * step + v * 4L);
        IntVector first = IntVector.fromArray(I, dots, from + g * 64 + v);
        IntVector second = IntVector.fromArray(I, dots, from + g * 64 + 32 + v);
        float factor = xScales[at + g] * unit;
        IntVector lowSums =
            first
                .lanewise(LSHL, 16)
                .lanewise(ASHR, 16)
                .add(second.lanewise(LSHL, 16).lanewise(ASHR, 16));
        low = low(halves).mul(factor).fma(floats(lowSums), low);
        IntVector highSums = first.lanewise(ASHR, 16).add(second.lanewise(ASHR, 16));
        high = high(halves).mul(factor).fma(floats(highSums), high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void scaleBytes(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      float[] xScales,
      int at,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector halves = ints(scales + g * step + v * 4L);
        int i = from + g * 64 + v;
        IntVector highSums = IntVector.fromArray(I, dots, i + 32);
        IntVector lowSums = IntVector.fromArray(I, dots, i).sub(highSums.lanewise(LSHL, 16));
        float factor = xScales[at + (g >> shift)] * unit;
        low = low(halves).mul(factor).fma(floats(lowSums), low);
        high = high(halves).mul(factor).fma(floats(highSums), high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void centre(
      long centres,
      long step,
      float unit,
      int groups,
      int halves,
      float[] xSums,
      int at,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector both = ints(centres + g * step + v * 4L);
        FloatVector factor = FloatVector.broadcast(F, BlockScale.sum(xSums, at, g, halves) * unit);
        low = low(both).fma(factor, low);
        high = high(both).fma(factor, high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  private static FloatVector low(IntVector halves) {
    return halves.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
  }

  private static FloatVector high(IntVector halves) {
    return halves.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
  }

  private static FloatVector floats(IntVector sums) {
    return (FloatVector) sums.convertShape(I2F, F, 0);
  }
}
