// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.moe4j.device.cpu.Lanes.BYTES;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.S;
import static org.moe4j.device.cpu.Lanes.ints;
import static org.moe4j.device.cpu.Lanes.pair;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * {@link Dots} of 4-bit weights with 16-bit multiply-adds: a lane holds 16 products of at most
 * {@code 15 x 127}. A strip is two vectors wide; addresses are derived from loop counters, and the
 * four pairs of an int are a loop of their own, because larger bodies stop being inlined and then
 * box every vector.
 */
final class VectorNibbleDots implements Dots {

  private static final int NIBBLES = 0x000f000f;
  private static final int STRIP = 2 * BYTES;

  @Override
  public void one(long tile, long step, int groups, int columns, int[] x, int at, int[] dots) {
    IntVector mask = IntVector.broadcast(I, NIBBLES);
    int planes = columns / 8;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += STRIP) {
        ShortVector a0 = ShortVector.zero(S);
        ShortVector a1 = a0;
        for (int j = 0; j < planes; j++) {
          long p = tile + g * step + j * PLANE + t;
          IntVector v0 = ints(p);
          IntVector v1 = ints(p + BYTES);
          for (int n = 0; n < 4; n++) {
            ShortVector y = pair(x[at + (g * planes + j) * 4 + Lanes.turn(n)]);
            a0 = a0.add(v0.and(mask).reinterpretAsShorts().mul(y));
            a1 = a1.add(v1.and(mask).reinterpretAsShorts().mul(y));
            v0 = v0.lanewise(LSHR, 4);
            v1 = v1.lanewise(LSHR, 4);
          }
        }
        a0.reinterpretAsInts().intoArray(dots, g * ROWS + t / 4);
        a1.reinterpretAsInts().intoArray(dots, g * ROWS + t / 4 + COUNT);
      }
    }
  }

  @Override
  public void four(
      long tile,
      long step,
      int groups,
      int columns,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] dots,
      int stride) {
    IntVector mask = IntVector.broadcast(I, NIBBLES);
    int planes = columns / 8;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += STRIP) {
        ShortVector a0 = ShortVector.zero(S);
        ShortVector b0 = a0;
        ShortVector c0 = a0;
        ShortVector d0 = a0;
        ShortVector a1 = a0;
        ShortVector b1 = a0;
        ShortVector c1 = a0;
        ShortVector d1 = a0;
        for (int j = 0; j < planes; j++) {
          long p = tile + g * step + j * PLANE + t;
          IntVector v0 = ints(p);
          IntVector v1 = ints(p + BYTES);
          for (int n = 0; n < 4; n++) {
            int i = (g * planes + j) * 4 + Lanes.turn(n);
            ShortVector w0 = v0.and(mask).reinterpretAsShorts();
            ShortVector w1 = v1.and(mask).reinterpretAsShorts();
            ShortVector y = pair(x[at0 + i]);
            a0 = a0.add(w0.mul(y));
            a1 = a1.add(w1.mul(y));
            y = pair(x[at1 + i]);
            b0 = b0.add(w0.mul(y));
            b1 = b1.add(w1.mul(y));
            y = pair(x[at2 + i]);
            c0 = c0.add(w0.mul(y));
            c1 = c1.add(w1.mul(y));
            y = pair(x[at3 + i]);
            d0 = d0.add(w0.mul(y));
            d1 = d1.add(w1.mul(y));
            v0 = v0.lanewise(LSHR, 4);
            v1 = v1.lanewise(LSHR, 4);
          }
        }
        int to = g * ROWS + t / 4;
        a0.reinterpretAsInts().intoArray(dots, to);
        a1.reinterpretAsInts().intoArray(dots, to + COUNT);
        b0.reinterpretAsInts().intoArray(dots, to + stride);
        b1.reinterpretAsInts().intoArray(dots, to + stride + COUNT);
        c0.reinterpretAsInts().intoArray(dots, to + 2 * stride);
        c1.reinterpretAsInts().intoArray(dots, to + 2 * stride + COUNT);
        d0.reinterpretAsInts().intoArray(dots, to + 3 * stride);
        d1.reinterpretAsInts().intoArray(dots, to + 3 * stride + COUNT);
      }
    }
  }
}
