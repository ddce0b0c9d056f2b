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

/**
 * {@link NibbleDots} with 16-bit multiply-adds. A strip is two vectors wide; addresses are derived
 * from loop counters, and the four nibbles of a short are a loop of their own, because larger
 * bodies stop being inlined and then box every vector.
 */
final class VectorNibbleDots implements NibbleDots {

  private static final int LOW_NIBBLES = 0x000f000f;
  private static final int STRIP = 2 * BYTES;

  @Override
  public void one(
      long tile, long step, int groups, int shorts, int[] x, int at, int[] sums, int[] dots) {
    IntVector mask = IntVector.broadcast(I, LOW_NIBBLES);
    for (int g = 0; g < groups; g++) {
      int column = g * 4 * shorts;
      // Nibbles are used as they are; the 8 of each is taken off once, in the start value.
      ShortVector start =
          ShortVector.broadcast(S, (short) (-8 * NibbleDots.sum(sums, at + column, shorts)));
      for (int t = 0; t < 128; t += STRIP) {
        ShortVector a0 = start;
        ShortVector a1 = start;
        for (int j = 0; j < shorts; j++) {
          long p = tile + g * step + j * 128L + t;
          IntVector v0 = ints(p);
          IntVector v1 = ints(p + BYTES);
          for (int n = 0; n < 4; n++) {
            ShortVector y = twice(x[at + column + j * 4 + n]);
            a0 = a0.add(v0.and(mask).reinterpretAsShorts().mul(y));
            a1 = a1.add(v1.and(mask).reinterpretAsShorts().mul(y));
            v0 = v0.lanewise(LSHR, 4);
            v1 = v1.lanewise(LSHR, 4);
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
      int shorts,
      int[] x,
      int at0,
      int at1,
      int at2,
      int at3,
      int[] sums,
      int[] dots,
      int stride) {
    IntVector mask = IntVector.broadcast(I, LOW_NIBBLES);
    for (int g = 0; g < groups; g++) {
      int column = g * 4 * shorts;
      for (int t = 0; t < 128; t += STRIP) {
        ShortVector a0 =
            ShortVector.broadcast(S, (short) (-8 * NibbleDots.sum(sums, at0 + column, shorts)));
        ShortVector b0 =
            ShortVector.broadcast(S, (short) (-8 * NibbleDots.sum(sums, at1 + column, shorts)));
        ShortVector c0 =
            ShortVector.broadcast(S, (short) (-8 * NibbleDots.sum(sums, at2 + column, shorts)));
        ShortVector d0 =
            ShortVector.broadcast(S, (short) (-8 * NibbleDots.sum(sums, at3 + column, shorts)));
        ShortVector a1 = a0;
        ShortVector b1 = b0;
        ShortVector c1 = c0;
        ShortVector d1 = d0;
        for (int j = 0; j < shorts; j++) {
          long p = tile + g * step + j * 128L + t;
          IntVector v0 = ints(p);
          IntVector v1 = ints(p + BYTES);
          for (int n = 0; n < 4; n++) {
            int i = column + j * 4 + n;
            ShortVector w0 = v0.and(mask).reinterpretAsShorts();
            ShortVector w1 = v1.and(mask).reinterpretAsShorts();
            ShortVector y = twice(x[at0 + i]);
            a0 = a0.add(w0.mul(y));
            a1 = a1.add(w1.mul(y));
            y = twice(x[at1 + i]);
            b0 = b0.add(w0.mul(y));
            b1 = b1.add(w1.mul(y));
            y = twice(x[at2 + i]);
            c0 = c0.add(w0.mul(y));
            c1 = c1.add(w1.mul(y));
            y = twice(x[at3 + i]);
            d0 = d0.add(w0.mul(y));
            d1 = d1.add(w1.mul(y));
            v0 = v0.lanewise(LSHR, 4);
            v1 = v1.lanewise(LSHR, 4);
          }
        }
        int to = g * 32 + t / 4;
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
