// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.moe4j.device.cpu.Lanes.BYTES;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.S;
import static org.moe4j.device.cpu.Lanes.ints;
import static org.moe4j.device.cpu.Lanes.twice;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/** {@link CrumbDots} with 16-bit multiply-adds, in the way of {@link VectorNibbleDots}. */
final class VectorCrumbDots implements CrumbDots {

  private static final int LOW_PAIRS = 0x00030003;
  private static final int STRIP = 2 * BYTES;

  @Override
  public void one(long tile, long step, int groups, int[] x, int at, int[] sums, int[] dots) {
    IntVector mask = IntVector.broadcast(I, LOW_PAIRS);
    for (int g = 0; g < groups; g++) {
      ShortVector start = ShortVector.broadcast(S, (short) (-2 * sums[at / COLUMNS + g]));
      for (int t = 0; t < 128; t += STRIP) {
        ShortVector a0 = start;
        ShortVector a1 = start;
        for (int j = 0; j < 2; j++) {
          long p = tile + g * step + j * 128L + t;
          IntVector v0 = ints(p);
          IntVector v1 = ints(p + BYTES);
          for (int n = 0; n < 8; n++) {
            ShortVector y = twice(x[at + g * COLUMNS + j * 8 + n]);
            a0 = a0.add(v0.and(mask).reinterpretAsShorts().mul(y));
            a1 = a1.add(v1.and(mask).reinterpretAsShorts().mul(y));
            v0 = v0.lanewise(LSHR, 2);
            v1 = v1.lanewise(LSHR, 2);
          }
        }
        a0.reinterpretAsInts().intoArray(dots, g * 32 + t / 4);
        a1.reinterpretAsInts().intoArray(dots, g * 32 + t / 4 + COUNT);
      }
    }
  }

  @Override
  public void four(
      long tile,
      long step,
      int groups,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] sums,
      int[] dots,
      int stride) {
    IntVector mask = IntVector.broadcast(I, LOW_PAIRS);
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < 128; t += BYTES) {
        ShortVector a = ShortVector.broadcast(S, (short) (-2 * sums[at0 / COLUMNS + g]));
        ShortVector b = ShortVector.broadcast(S, (short) (-2 * sums[at1 / COLUMNS + g]));
        ShortVector c = ShortVector.broadcast(S, (short) (-2 * sums[at2 / COLUMNS + g]));
        ShortVector d = ShortVector.broadcast(S, (short) (-2 * sums[at3 / COLUMNS + g]));
        for (int j = 0; j < 2; j++) {
          IntVector v = ints(tile + g * step + j * 128L + t);
          for (int n = 0; n < 8; n++) {
            int i = g * COLUMNS + j * 8 + n;
            ShortVector w = v.and(mask).reinterpretAsShorts();
            a = a.add(w.mul(twice(x[at0 + i])));
            b = b.add(w.mul(twice(x[at1 + i])));
            c = c.add(w.mul(twice(x[at2 + i])));
            d = d.add(w.mul(twice(x[at3 + i])));
            v = v.lanewise(LSHR, 2);
          }
        }
        int to = g * 32 + t / 4;
        a.reinterpretAsInts().intoArray(dots, to);
        b.reinterpretAsInts().intoArray(dots, to + stride);
        c.reinterpretAsInts().intoArray(dots, to + 2 * stride);
        d.reinterpretAsInts().intoArray(dots, to + 3 * stride);
      }
    }
  }
}
