// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.I2F;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link BlockScale}, two vectors of weight rows at a time. Written without methods of its own:
 * inside their callers such bodies meet limits of the compiler, and what is not inlined makes an
 * object of every vector.
 */
final class VectorBlockScale implements BlockScale {

  @Override
  public void one(int groups, float[] scales, float[] factors, int[] dots, float[] y, int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector a0 = FloatVector.fromArray(F, y, to + v);
      FloatVector a1 = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        FloatVector s0 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v);
        FloatVector s1 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v + 32);
        int i = g * Dots.GROUP + v;
        FloatVector by = FloatVector.broadcast(F, factors[4 * g]);
        IntVector sum = IntVector.fromArray(I, dots, i);
        a0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a0);
        sum = IntVector.fromArray(I, dots, i + 32);
        a1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a1);
      }
      a0.intoArray(y, to + v);
      a1.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void four(int groups, float[] scales, float[] factors, int[] dots, float[] y) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector a0 = FloatVector.fromArray(F, y, v);
      FloatVector a1 = FloatVector.fromArray(F, y, v + 32);
      FloatVector b0 = FloatVector.fromArray(F, y, v + 64);
      FloatVector b1 = FloatVector.fromArray(F, y, v + 96);
      FloatVector c0 = FloatVector.fromArray(F, y, v + 128);
      FloatVector c1 = FloatVector.fromArray(F, y, v + 160);
      FloatVector d0 = FloatVector.fromArray(F, y, v + 192);
      FloatVector d1 = FloatVector.fromArray(F, y, v + 224);
      for (int g = 0; g < groups; g++) {
        FloatVector s0 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v);
        FloatVector s1 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v + 32);
        int i = g * Dots.GROUP + v;
        FloatVector by = FloatVector.broadcast(F, factors[4 * g]);
        IntVector sum = IntVector.fromArray(I, dots, i);
        a0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a0);
        sum = IntVector.fromArray(I, dots, i + 32);
        a1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a1);
        by = FloatVector.broadcast(F, factors[4 * g + 1]);
        sum = IntVector.fromArray(I, dots, i + 64);
        b0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), b0);
        sum = IntVector.fromArray(I, dots, i + 96);
        b1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), b1);
        by = FloatVector.broadcast(F, factors[4 * g + 2]);
        sum = IntVector.fromArray(I, dots, i + 128);
        c0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), c0);
        sum = IntVector.fromArray(I, dots, i + 160);
        c1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), c1);
        by = FloatVector.broadcast(F, factors[4 * g + 3]);
        sum = IntVector.fromArray(I, dots, i + 192);
        d0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), d0);
        sum = IntVector.fromArray(I, dots, i + 224);
        d1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), d1);
      }
      a0.intoArray(y, v);
      a1.intoArray(y, v + 32);
      b0.intoArray(y, v + 64);
      b1.intoArray(y, v + 96);
      c0.intoArray(y, v + 128);
      c1.intoArray(y, v + 160);
      d0.intoArray(y, v + 192);
      d1.intoArray(y, v + 224);
    }
  }

  @Override
  public void oneCentred(
      int groups,
      float[] scales,
      float[] centres,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y,
      int to) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector a0 = FloatVector.fromArray(F, y, to + v);
      FloatVector a1 = FloatVector.fromArray(F, y, to + v + 32);
      for (int g = 0; g < groups; g++) {
        FloatVector s0 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v);
        FloatVector s1 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v + 32);
        FloatVector m0 = FloatVector.fromArray(F, centres, g * Dots.ROWS + v);
        FloatVector m1 = FloatVector.fromArray(F, centres, g * Dots.ROWS + v + 32);
        int i = g * Dots.GROUP + v;
        FloatVector by = FloatVector.broadcast(F, factors[4 * g]);
        IntVector sum = IntVector.fromArray(I, dots, i);
        a0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a0);
        sum = IntVector.fromArray(I, dots, i + 32);
        a1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a1);
        by = FloatVector.broadcast(F, sums[4 * g]);
        a0 = m0.fma(by, a0);
        a1 = m1.fma(by, a1);
      }
      a0.intoArray(y, to + v);
      a1.intoArray(y, to + v + 32);
    }
  }

  @Override
  public void fourCentred(
      int groups,
      float[] scales,
      float[] centres,
      float[] factors,
      float[] sums,
      int[] dots,
      float[] y) {
    for (int v = 0; v < 32; v += COUNT) {
      FloatVector a0 = FloatVector.fromArray(F, y, v);
      FloatVector a1 = FloatVector.fromArray(F, y, v + 32);
      FloatVector b0 = FloatVector.fromArray(F, y, v + 64);
      FloatVector b1 = FloatVector.fromArray(F, y, v + 96);
      FloatVector c0 = FloatVector.fromArray(F, y, v + 128);
      FloatVector c1 = FloatVector.fromArray(F, y, v + 160);
      FloatVector d0 = FloatVector.fromArray(F, y, v + 192);
      FloatVector d1 = FloatVector.fromArray(F, y, v + 224);
      for (int g = 0; g < groups; g++) {
        FloatVector s0 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v);
        FloatVector s1 = FloatVector.fromArray(F, scales, g * Dots.ROWS + v + 32);
        FloatVector m0 = FloatVector.fromArray(F, centres, g * Dots.ROWS + v);
        FloatVector m1 = FloatVector.fromArray(F, centres, g * Dots.ROWS + v + 32);
        int i = g * Dots.GROUP + v;
        FloatVector by = FloatVector.broadcast(F, factors[4 * g]);
        IntVector sum = IntVector.fromArray(I, dots, i);
        a0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a0);
        sum = IntVector.fromArray(I, dots, i + 32);
        a1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), a1);
        by = FloatVector.broadcast(F, sums[4 * g]);
        a0 = m0.fma(by, a0);
        a1 = m1.fma(by, a1);
        by = FloatVector.broadcast(F, factors[4 * g + 1]);
        sum = IntVector.fromArray(I, dots, i + 64);
        b0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), b0);
        sum = IntVector.fromArray(I, dots, i + 96);
        b1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), b1);
        by = FloatVector.broadcast(F, sums[4 * g + 1]);
        b0 = m0.fma(by, b0);
        b1 = m1.fma(by, b1);
        by = FloatVector.broadcast(F, factors[4 * g + 2]);
        sum = IntVector.fromArray(I, dots, i + 128);
        c0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), c0);
        sum = IntVector.fromArray(I, dots, i + 160);
        c1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), c1);
        by = FloatVector.broadcast(F, sums[4 * g + 2]);
        c0 = m0.fma(by, c0);
        c1 = m1.fma(by, c1);
        by = FloatVector.broadcast(F, factors[4 * g + 3]);
        sum = IntVector.fromArray(I, dots, i + 192);
        d0 = s0.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), d0);
        sum = IntVector.fromArray(I, dots, i + 224);
        d1 = s1.mul(by).fma((FloatVector) sum.convertShape(I2F, F, 0), d1);
        by = FloatVector.broadcast(F, sums[4 * g + 3]);
        d0 = m0.fma(by, d0);
        d1 = m1.fma(by, d1);
      }
      a0.intoArray(y, v);
      a1.intoArray(y, v + 32);
      b0.intoArray(y, v + 64);
      b1.intoArray(y, v + 96);
      c0.intoArray(y, v + 128);
      c1.intoArray(y, v + 160);
      d0.intoArray(y, v + 192);
      d1.intoArray(y, v + 224);
    }
  }
}
