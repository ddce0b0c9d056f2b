// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.Lanes.BYTES;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.floats;

import jdk.incubator.vector.FloatVector;

/**
 * {@link FloatDots} of F32 weights. The loops are written out for each type of weights: shared ones
 * would take a method that loads a column, and past the limits of inlining it boxes every vector.
 */
final class VectorF32Dots implements FloatDots {

  /**
   * Columns that all strips of a tile go through before the next: they stay in the first-level
   * cache.
   */
  private static final int CHUNK = 64;

  @Override
  public int weightBytes() {
    return Float.BYTES;
  }

  @Override
  public void one(long tile, int columns, float[] x, int at, float[] y, int to) {
    for (int first = 0; first < columns; first += CHUNK) {
      int end = Math.min(first + CHUNK, columns);
      for (int t = 0; t < ROWS; t += 2 * COUNT) {
        FloatVector a0 = FloatVector.fromArray(F, y, to + t);
        FloatVector a1 = FloatVector.fromArray(F, y, to + t + COUNT);
        for (int c = first; c < end; c++) {
          long p = tile + c * 128L + t * 4L;
          FloatVector v = FloatVector.broadcast(F, x[at + c]);
          a0 = floats(p).fma(v, a0);
          a1 = floats(p + BYTES).fma(v, a1);
        }
        a0.intoArray(y, to + t);
        a1.intoArray(y, to + t + COUNT);
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
      for (int t = to; t < to + ROWS; t += 2 * COUNT) {
        FloatVector a0 = FloatVector.fromArray(F, y, t);
        FloatVector a1 = FloatVector.fromArray(F, y, t + COUNT);
        FloatVector b0 = FloatVector.fromArray(F, y, t + stride);
        FloatVector b1 = FloatVector.fromArray(F, y, t + stride + COUNT);
        FloatVector c0 = FloatVector.fromArray(F, y, t + 2 * stride);
        FloatVector c1 = FloatVector.fromArray(F, y, t + 2 * stride + COUNT);
        FloatVector d0 = FloatVector.fromArray(F, y, t + 3 * stride);
        FloatVector d1 = FloatVector.fromArray(F, y, t + 3 * stride + COUNT);
        for (int c = first; c < end; c++) {
          long p = tile + c * 128L + (t - to) * 4L;
          FloatVector w0 = floats(p);
          FloatVector w1 = floats(p + BYTES);
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
        a1.intoArray(y, t + COUNT);
        b0.intoArray(y, t + stride);
        b1.intoArray(y, t + stride + COUNT);
        c0.intoArray(y, t + 2 * stride);
        c1.intoArray(y, t + 2 * stride + COUNT);
        d0.intoArray(y, t + 3 * stride);
        d1.intoArray(y, t + 3 * stride + COUNT);
      }
    }
  }
}
