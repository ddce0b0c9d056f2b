// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.ints;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link FloatDots} of BF16 weights, a vector of low and one of high halves at a time. Written out
 * like {@link VectorF32Dots} and for the same reason.
 */
final class VectorBF16Dots implements FloatDots {

  /**
   * Columns that all strips of a tile go through before the next: they stay in the first-level
   * cache.
   */
  private static final int CHUNK = 64;

  @Override
  public int weightBytes() {
    return Short.BYTES;
  }

  @Override
  public void one(long tile, int columns, float[] x, int at, float[] y, int to) {
    for (int first = 0; first < columns; first += CHUNK) {
      int end = Math.min(first + CHUNK, columns);
      for (int t = 0; t < 16; t += COUNT) {
        FloatVector a0 = FloatVector.fromArray(F, y, to + t);
        FloatVector a1 = FloatVector.fromArray(F, y, to + t + 16);
        for (int c = first; c < end; c++) {
          IntVector both = ints(tile + c * 64L + t * 4L);
          FloatVector v = FloatVector.broadcast(F, x[at + c]);
          a0 = low(both).fma(v, a0);
          a1 = high(both).fma(v, a1);
        }
        a0.intoArray(y, to + t);
        a1.intoArray(y, to + t + 16);
      }
    }
  }

  @Override
  public void four(
      long tile,
      int columns,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to,
      int stride) {
    for (int first = 0; first < columns; first += CHUNK) {
      int end = Math.min(first + CHUNK, columns);
      for (int t = to; t < to + 16; t += COUNT) {
        FloatVector a0 = FloatVector.fromArray(F, y, t);
        FloatVector a1 = FloatVector.fromArray(F, y, t + 16);
        FloatVector b0 = FloatVector.fromArray(F, y, t + stride);
        FloatVector b1 = FloatVector.fromArray(F, y, t + stride + 16);
        FloatVector c0 = FloatVector.fromArray(F, y, t + 2 * stride);
        FloatVector c1 = FloatVector.fromArray(F, y, t + 2 * stride + 16);
        FloatVector d0 = FloatVector.fromArray(F, y, t + 3 * stride);
        FloatVector d1 = FloatVector.fromArray(F, y, t + 3 * stride + 16);
        for (int c = first; c < end; c++) {
          IntVector both = ints(tile + c * 64L + (t - to) * 4L);
          FloatVector w0 = low(both);
          FloatVector w1 = high(both);
          FloatVector v = FloatVector.broadcast(F, x[at0 + c]);
          a0 = w0.fma(v, a0);
          a1 = w1.fma(v, a1);
          v = FloatVector.broadcast(F, x[at1 + c]);
          b0 = w0.fma(v, b0);
          b1 = w1.fma(v, b1);
          v = FloatVector.broadcast(F, x[at2 + c]);
          c0 = w0.fma(v, c0);
          c1 = w1.fma(v, c1);
          v = FloatVector.broadcast(F, x[at3 + c]);
          d0 = w0.fma(v, d0);
          d1 = w1.fma(v, d1);
        }
        a0.intoArray(y, t);
        a1.intoArray(y, t + 16);
        b0.intoArray(y, t + stride);
        b1.intoArray(y, t + stride + 16);
        c0.intoArray(y, t + 2 * stride);
        c1.intoArray(y, t + 2 * stride + 16);
        d0.intoArray(y, t + 3 * stride);
        d1.intoArray(y, t + 3 * stride + 16);
      }
    }
  }

  private static FloatVector low(IntVector both) {
    return both.lanewise(LSHL, 16).reinterpretAsFloats();
  }

  private static FloatVector high(IntVector both) {
    return both.and(0xffff0000).reinterpretAsFloats();
  }
}
