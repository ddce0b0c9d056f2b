// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.F;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.floats;
import static org.moe4j.device.cpu.Lanes.ints;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link Float8Dots}, a vector of each of the four bytes at a time. Written out like {@link
 * VectorF32Dots} and for the same reason.
 */
final class VectorFloat8Dots implements Float8Dots {

  /** How far a weight's sign is copied down from the top, before its exponent. */
  private static int down(int exponentBits) {
    return Byte.SIZE - exponentBits;
  }

  private static int mask(int exponentBits) {
    return 0x80000000 | 0x7f000000 >> down(exponentBits);
  }

  @Override
  public void one(
      long tile, int columns, int block, int exponentBits, float[] x, int at, float[] y, int to) {
    IntVector down = IntVector.broadcast(I, down(exponentBits));
    IntVector mask = IntVector.broadcast(I, mask(exponentBits));
    long scales = tile;
    for (int first = at; first < at + columns; first += block) {
      int count = Math.min(block, at + columns - first);
      for (int t = 0; t < 16; t += COUNT) {
        long weights = scales + SCALE_BYTES + t * 4L;
        FloatVector s0 = floats(scales + t * 4L);
        FloatVector s1 = floats(scales + 64 + t * 4L);
        FloatVector a0 = FloatVector.fromArray(F, y, to + t);
        FloatVector a1 = FloatVector.fromArray(F, y, to + t + 16);
        for (int c = 0; c < count; c += 2) {
          IntVector all = ints(weights + c * 32L);
          FloatVector v = FloatVector.broadcast(F, x[first + c]);
          FloatVector w = FloatVector.broadcast(F, x[first + c + 1]);
          a0 = weight(all.lanewise(LSHL, 24), down, mask).mul(s0).fma(v, a0);
          a1 = weight(all.lanewise(LSHL, 8), down, mask).mul(s1).fma(v, a1);
          a0 = weight(all.lanewise(LSHL, 16), down, mask).mul(s0).fma(w, a0);
          a1 = weight(all, down, mask).mul(s1).fma(w, a1);
        }
        a0.intoArray(y, to + t);
        a1.intoArray(y, to + t + 16);
      }
      scales += Float8Dots.blockBytes(block);
    }
  }

  @Override
  public void four(
      long tile,
      int columns,
      int block,
      int exponentBits,
      float[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      float[] y,
      int to,
      int stride) {
    IntVector down = IntVector.broadcast(I, down(exponentBits));
    IntVector mask = IntVector.broadcast(I, mask(exponentBits));
    long scales = tile;
    for (int first = 0; first < columns; first += block) {
      int count = Math.min(first + block, columns);
      for (int t = 0; t < 16; t += COUNT) {
        long weights = scales + SCALE_BYTES + t * 4L - first * 32L;
        FloatVector s0 = floats(scales + t * 4L);
        FloatVector s1 = floats(scales + 64 + t * 4L);
        FloatVector a0 = FloatVector.fromArray(F, y, to + t);
        FloatVector a1 = FloatVector.fromArray(F, y, to + t + 16);
        FloatVector b0 = FloatVector.fromArray(F, y, to + t + stride);
        FloatVector b1 = FloatVector.fromArray(F, y, to + t + stride + 16);
        FloatVector c0 = FloatVector.fromArray(F, y, to + t + 2 * stride);
        FloatVector c1 = FloatVector.fromArray(F, y, to + t + 2 * stride + 16);
        FloatVector d0 = FloatVector.fromArray(F, y, to + t + 3 * stride);
        FloatVector d1 = FloatVector.fromArray(F, y, to + t + 3 * stride + 16);
        for (int c = first; c < count; c += 2) {
          IntVector all = ints(weights + c * 32L);
          FloatVector w0 = weight(all.lanewise(LSHL, 24), down, mask).mul(s0);
          FloatVector w1 = weight(all.lanewise(LSHL, 8), down, mask).mul(s1);
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
          w0 = weight(all.lanewise(LSHL, 16), down, mask).mul(s0);
          w1 = weight(all, down, mask).mul(s1);
          v = FloatVector.broadcast(F, x[at0 + c + 1]);
          a0 = w0.fma(v, a0);
          a1 = w1.fma(v, a1);
          v = FloatVector.broadcast(F, x[at1 + c + 1]);
          b0 = w0.fma(v, b0);
          b1 = w1.fma(v, b1);
          v = FloatVector.broadcast(F, x[at2 + c + 1]);
          c0 = w0.fma(v, c0);
          c1 = w1.fma(v, c1);
          v = FloatVector.broadcast(F, x[at3 + c + 1]);
          d0 = w0.fma(v, d0);
          d1 = w1.fma(v, d1);
        }
        a0.intoArray(y, to + t);
        a1.intoArray(y, to + t + 16);
        b0.intoArray(y, to + t + stride);
        b1.intoArray(y, to + t + stride + 16);
        c0.intoArray(y, to + t + 2 * stride);
        c1.intoArray(y, to + t + 2 * stride + 16);
        d0.intoArray(y, to + t + 3 * stride);
        d1.intoArray(y, to + t + 3 * stride + 16);
      }
      scales += Float8Dots.blockBytes(block);
    }
  }

  /**
   * The weights whose bits are at the top of each int, too small by the unit. A shift by a vector
   * is one instruction, by a number that is no constant it is two.
   */
  private static FloatVector weight(IntVector top, IntVector down, IntVector mask) {
    return top.lanewise(ASHR, down).and(mask).reinterpretAsFloats();
  }
}
