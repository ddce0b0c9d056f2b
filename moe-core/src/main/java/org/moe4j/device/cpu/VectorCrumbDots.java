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
 * {@link Dots} of 2-bit weights with 16-bit multiply-adds; an int has 16 columns. Written as flat
 * as {@link VectorNibbleDots} and for the same reason.
 */
final class VectorCrumbDots implements Dots {

  private static final int CRUMBS = 0x00030003;
  private static final int STRIP = 2 * BYTES;

  /** The pair that the {@code n}th shift by two bits brings down. */
  private static int pairOf(int n) {
    return (n & 3) * 2 + (n >> 2);
  }

  @Override
  public void one(
      long tile, long step, int groups, int columns, int[] x, int at, int[] starts, int[] dots) {
    IntVector mask = IntVector.broadcast(I, CRUMBS);
    int planes = columns / 16;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += STRIP) {
        ShortVector a0 = pair(starts[4 * g] << 16);
        ShortVector a1 = a0;
        for (int j = 0; j < planes; j++) {
          long p = tile + g * step + j * PLANE + t;
          IntVector v0 = ints(p);
          IntVector v1 = ints(p + BYTES);
          for (int n = 0; n < 8; n++) {
            ShortVector y = pair(x[at + (g * planes + j) * 8 + pairOf(n)]);
            a0 = a0.add(v0.and(mask).reinterpretAsShorts().mul(y));
            a1 = a1.add(v1.and(mask).reinterpretAsShorts().mul(y));
            v0 = v0.lanewise(LSHR, 2);
            v1 = v1.lanewise(LSHR, 2);
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
    IntVector mask = IntVector.broadcast(I, CRUMBS);
    int planes = columns / 16;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += BYTES) {
        ShortVector a = pair(starts[4 * g] << 16);
        ShortVector b = pair(starts[4 * g + 1] << 16);
        ShortVector c = pair(starts[4 * g + 2] << 16);
        ShortVector d = pair(starts[4 * g + 3] << 16);
        for (int j = 0; j < planes; j++) {
          IntVector v = ints(tile + g * step + j * PLANE + t);
          for (int n = 0; n < 8; n++) {
            int i = (g * planes + j) * 8 + pairOf(n);
            ShortVector w = v.and(mask).reinterpretAsShorts();
            a = a.add(w.mul(pair(x[at0 + i])));
            b = b.add(w.mul(pair(x[at1 + i])));
            c = c.add(w.mul(pair(x[at2 + i])));
            d = d.add(w.mul(pair(x[at3 + i])));
            v = v.lanewise(LSHR, 2);
          }
        }
        int to = g * GROUP + t / 4;
        IntVector sum = a.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to);
        sum = b.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + ROWS);
        sum = c.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + 2 * ROWS);
        sum = d.reinterpretAsInts();
        sum.add(sum.lanewise(LSHL, 16)).lanewise(ASHR, 16).intoArray(dots, to + 3 * ROWS);
      }
    }
  }
}
