// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.moe4j.device.cpu.Lanes.BYTES;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.I;
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
  public void one(
      long tile, long step, int groups, int columns, int[] x, int at, int[] starts, int[] dots) {
    IntVector mask = IntVector.broadcast(I, NIBBLES);
    int planes = columns / 8;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += STRIP) {
        ShortVector a0 = pair(starts[4 * g] << 16);
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
        int to = g * GROUP + t / 4;
        IntVector sum = a0.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to);
        sum = a1.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + COUNT);
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
      int[] starts,
      int[] dots) {
    IntVector mask = IntVector.broadcast(I, NIBBLES);
    int planes = columns / 8;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += STRIP) {
        ShortVector a0 = pair(starts[4 * g] << 16);
        ShortVector b0 = pair(starts[4 * g + 1] << 16);
        ShortVector c0 = pair(starts[4 * g + 2] << 16);
        ShortVector d0 = pair(starts[4 * g + 3] << 16);
        ShortVector a1 = a0;
        ShortVector b1 = b0;
        ShortVector c1 = c0;
        ShortVector d1 = d0;
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
        int to = g * GROUP + t / 4;
        IntVector sum = a0.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to);
        sum = a1.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + COUNT);
        sum = b0.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + ROWS);
        sum = b1.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + ROWS + COUNT);
        sum = c0.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + 2 * ROWS);
        sum = c1.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + 2 * ROWS + COUNT);
        sum = d0.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + 3 * ROWS);
        sum = d1.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + 3 * ROWS + COUNT);
      }
    }
  }
}
