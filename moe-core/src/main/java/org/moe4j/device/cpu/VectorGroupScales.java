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

/**
 * {@link GroupScales}, the two or four rows of a vector of ints at a time. Written without methods
 * of its own, as {@link VectorBlockScale} is.
 */
final class VectorGroupScales implements GroupScales {

  @Override
  public void halves(long from, long step, int groups, float[] to) {
    for (int g = 0; g < groups; g++) {
      for (int v = 0; v < 32; v += COUNT) {
        IntVector both = ints(from + g * step + v * 4L);
        FloatVector low = both.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
        FloatVector high = both.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
        low.intoArray(to, g * Dots.ROWS + v);
        high.intoArray(to, g * Dots.ROWS + v + 32);
      }
    }
  }

  @Override
  public void bytes(long units, long from, long step, int groups, float[] to) {
    for (int v = 0; v < 16; v += COUNT) {
      IntVector first = ints(units + v * 4L);
      IntVector second = ints(units + v * 4L + 64);
      FloatVector u0 = first.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
      FloatVector u1 = second.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
      FloatVector u2 = first.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
      FloatVector u3 = second.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats();
      for (int g = 0; g < groups; g++) {
        IntVector four = ints(from + g * step + v * 4L);
        int i = g * Dots.ROWS + v;
        IntVector value = four.lanewise(LSHL, 24).lanewise(ASHR, 24);
        FloatVector product = ((FloatVector) value.convertShape(I2F, F, 0)).mul(u0);
        product.intoArray(to, i);
        value = four.lanewise(LSHL, 16).lanewise(ASHR, 24);
        product = ((FloatVector) value.convertShape(I2F, F, 0)).mul(u1);
        product.intoArray(to, i + 16);
        value = four.lanewise(LSHL, 8).lanewise(ASHR, 24);
        product = ((FloatVector) value.convertShape(I2F, F, 0)).mul(u2);
        product.intoArray(to, i + 32);
        value = four.lanewise(ASHR, 24);
        product = ((FloatVector) value.convertShape(I2F, F, 0)).mul(u3);
        product.intoArray(to, i + 48);
      }
    }
  }

  @Override
  public void centre(int groups, int offset, float[] scales, float[] minima) {
    FloatVector by = FloatVector.broadcast(F, offset);
    for (int i = 0; i < groups * Dots.ROWS; i += COUNT) {
      FloatVector minimum = FloatVector.fromArray(F, minima, i);
      FloatVector.fromArray(F, scales, i).fma(by, minimum).intoArray(minima, i);
    }
  }
}
