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

/**
 * {@link BlockScale}, a vector of low and one of high halves at a time. The bodies are written out
 * so that they are just too large to be inlined: inside their callers they meet a limit of the
 * compiler, and every vector becomes an object.
 */
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
        IntVector both = IntVector.fromArray(I, dots, i);
        IntVector sum =
            both.lanewise(LSHL, 16).lanewise(ASHR, 16).add(both.lanewise(ASHR, 16)).sub(raised);
        FloatVector by =
            scale
                .lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .and(ScalarBlockScale.HALF)
                .reinterpretAsFloats()
                .mul(factor);
        low = by.fma((FloatVector) sum.convertShape(I2F, F, 0), low);
        both = IntVector.fromArray(I, dots, i + 32);
        sum = both.lanewise(LSHL, 16).lanewise(ASHR, 16).add(both.lanewise(ASHR, 16)).sub(raised);
        by = scale.lanewise(ASHR, 3).and(ScalarBlockScale.HALF).reinterpretAsFloats().mul(factor);
        high = by.fma((FloatVector) sum.convertShape(I2F, F, 0), high);
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
        IntVector upper = IntVector.fromArray(I, dots, i + Dots.ROWS);
        IntVector sum =
            IntVector.fromArray(I, dots, i).sub(upper.lanewise(LSHL, 16)).add(upper).sub(raised);
        FloatVector by =
            scale
                .lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .and(ScalarBlockScale.HALF)
                .reinterpretAsFloats()
                .mul(factor);
        low = by.fma((FloatVector) sum.convertShape(I2F, F, 0), low);
        upper = IntVector.fromArray(I, dots, i + 32 + Dots.ROWS);
        sum =
            IntVector.fromArray(I, dots, i + 32)
                .sub(upper.lanewise(LSHL, 16))
                .add(upper)
                .sub(raised);
        by = scale.lanewise(ASHR, 3).and(ScalarBlockScale.HALF).reinterpretAsFloats().mul(factor);
        high = by.fma((FloatVector) sum.convertShape(I2F, F, 0), high);
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
        low =
            low(scale)
                .mul(factor)
                .fma(
                    floats(
                        IntVector.fromArray(I, dots, i)
                            .sub(IntVector.fromArray(I, dots, i + Dots.ROWS).lanewise(LSHL, 16))
                            .add(IntVector.fromArray(I, dots, i + Dots.ROWS))
                            .sub(raised)),
                    low);
        high =
            high(scale)
                .mul(factor)
                .fma(
                    floats(
                        IntVector.fromArray(I, dots, i + 32)
                            .sub(
                                IntVector.fromArray(I, dots, i + 32 + Dots.ROWS).lanewise(LSHL, 16))
                            .add(IntVector.fromArray(I, dots, i + 32 + Dots.ROWS))
                            .sub(raised)),
                    high);
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
