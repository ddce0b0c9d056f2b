// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.halves;
import static org.moe4j.device.cpu.Lanes.ints;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** {@link BlockScale}, a vector of low and one of high halves at a time. */
final class VectorBlockScale implements BlockScale {

  @Override
  public void scale(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector scale = ints(scales + g * step + v * 4L);
        int i = from + g * 64 + v;
        int raised = offset * BlockScale.sum(in.sums, half, g, shift);
        float factor = in.scales[half / 2 + (g >> shift)] * unit;
        low =
            low(scale)
                .mul(factor)
                .fma(floats(halves(IntVector.fromArray(I, dots, i)).sub(raised)), low);
        high =
            high(scale)
                .mul(factor)
                .fma(floats(halves(IntVector.fromArray(I, dots, i + 32)).sub(raised)), high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void scaleAndCentre(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector scale = ints(scales + g * step + v * 4L);
        int i = from + g * 64 + v;
        int raised = offset * BlockScale.sum(in.sums, half, g, shift);
        float factor = in.scales[half / 2 + (g >> shift)] * unit;
        low =
            low(scale)
                .mul(factor)
                .fma(floats(halves(IntVector.fromArray(I, dots, i)).sub(raised)), low);
        high =
            high(scale)
                .mul(factor)
                .fma(floats(halves(IntVector.fromArray(I, dots, i + 32)).sub(raised)), high);
        IntVector centres = ints(scales + GROUP_BYTES + g * step + v * 4L);
        FloatVector sum =
            FloatVector.broadcast(F, BlockScale.sum(in.floatSums, half, g, shift) * unit);
        low = low(centres).fma(sum, low);
        high = high(centres).fma(sum, high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void scaleWide(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector scale = ints(scales + g * step + v * 4L);
        int i = from + g * 128 + v;
        int raised = offset * BlockScale.sum(in.sums, half, g, shift);
        float factor = in.scales[half / 2 + (g >> shift)] * unit;
        low = low(scale).mul(factor).fma(floats(wide(dots, i).sub(raised)), low);
        high = high(scale).mul(factor).fma(floats(wide(dots, i + 32).sub(raised)), high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void scaleWideAndCentre(
      long scales,
      long step,
      float unit,
      int groups,
      int shift,
      int offset,
      PairRows in,
      int half,
      int[] dots,
      int from,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector low = FloatVector.fromArray(F, y, to + v);
      FloatVector high = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        IntVector scale = ints(scales + g * step + v * 4L);
        int i = from + g * 128 + v;
        int raised = offset * BlockScale.sum(in.sums, half, g, shift);
        float factor = in.scales[half / 2 + (g >> shift)] * unit;
        low = low(scale).mul(factor).fma(floats(wide(dots, i).sub(raised)), low);
        high = high(scale).mul(factor).fma(floats(wide(dots, i + 32).sub(raised)), high);
        IntVector centres = ints(scales + GROUP_BYTES + g * step + v * 4L);
        FloatVector sum =
            FloatVector.broadcast(F, BlockScale.sum(in.floatSums, half, g, shift) * unit);
        low = low(centres).fma(sum, low);
        high = high(centres).fma(sum, high);
      }
      low.intoArray(y, to + v);
      high.intoArray(y, to + v + 32);
    }
  }

  private static IntVector wide(int[] dots, int at) {
    IntVector high = IntVector.fromArray(I, dots, at + Dots.ROWS);
    return IntVector.fromArray(I, dots, at).sub(high.lanewise(LSHL, 16)).add(high);
  }

  private static FloatVector low(IntVector halves) {
    return halves
        .lanewise(LSHL, 16)
        .lanewise(ASHR, 3)
        .and(ScalarBlockScale.HALF)
        .reinterpretAsFloats();
  }

  private static FloatVector high(IntVector halves) {
    return halves.lanewise(ASHR, 3).and(ScalarBlockScale.HALF).reinterpretAsFloats();
  }

  private static FloatVector floats(IntVector sums) {
    return (FloatVector) sums.convertShape(I2F, F, 0);
  }
}
