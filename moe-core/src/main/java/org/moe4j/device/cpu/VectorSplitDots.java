// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.moe4j.device.cpu.Lanes.BYTES;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.ints;
import static org.moe4j.device.cpu.Lanes.pair;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * {@link Dots} of 5-bit and 6-bit weights with 16-bit multiply-adds. Four products of at most
 * {@code 63 x 127} fit a short; then they are widened as in {@link VectorByteDots}. The loops are
 * written out in both, flat for the reason that {@link VectorNibbleDots} has.
 */
final class VectorSplitDots implements Dots {

  private static final int NIBBLES = 0x000f000f;

  private final int highBits;
  private final int highMask;

  /**
   * Makes kernels.
   *
   * @param bits bits of a weight, 5 or 6
   */
  VectorSplitDots(int bits) {
    highBits = bits - 4;
    highMask = ((1 << highBits) - 1) * 0x00010001;
  }

  @Override
  public void one(
      long tile, long step, int groups, int columns, int[] x, int at, int[] starts, int[] dots) {
    IntVector low = IntVector.broadcast(I, NIBBLES);
    IntVector high = IntVector.broadcast(I, highMask);
    int planes = columns / 8;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += BYTES) {
        long p = tile + g * step + t;
        IntVector all = IntVector.broadcast(I, starts[4 * g] - VectorByteDots.LOW_OFFSET * planes);
        IntVector upper = IntVector.zero(I);
        for (int j = 0; j < planes; j++) {
          IntVector v = ints(p + j * PLANE);
          IntVector rest = ints(p + planes * PLANE).lanewise(LSHR, highBits * j);
          ShortVector a = pair(VectorByteDots.LOW_OFFSET);
          for (int n = 0; n < 4; n++) {
            ShortVector w = v.and(low).or(rest.and(high).lanewise(LSHL, 4)).reinterpretAsShorts();
            a = a.add(w.mul(pair(x[at + (g * planes + j) * 4 + Lanes.turn(n)])));
            v = v.lanewise(LSHR, 4);
            rest = rest.lanewise(LSHR, 4);
          }
          all = all.add(a.reinterpretAsInts());
          upper = upper.add(a.reinterpretAsInts().lanewise(ASHR, 16));
        }
        int to = g * GROUP + t / 4;
        all.add(upper).sub(upper.lanewise(LSHL, 16)).intoArray(dots, to);
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
    IntVector low = IntVector.broadcast(I, NIBBLES);
    IntVector high = IntVector.broadcast(I, highMask);
    int planes = columns / 8;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += BYTES) {
        long p = tile + g * step + t;
        int offset = VectorByteDots.LOW_OFFSET * planes;
        IntVector all0 = IntVector.broadcast(I, starts[4 * g] - offset);
        IntVector all1 = IntVector.broadcast(I, starts[4 * g + 1] - offset);
        IntVector all2 = IntVector.broadcast(I, starts[4 * g + 2] - offset);
        IntVector all3 = IntVector.broadcast(I, starts[4 * g + 3] - offset);
        IntVector upper0 = IntVector.zero(I);
        IntVector upper1 = upper0;
        IntVector upper2 = upper0;
        IntVector upper3 = upper0;
        for (int j = 0; j < planes; j++) {
          IntVector v = ints(p + j * PLANE);
          IntVector rest = ints(p + planes * PLANE).lanewise(LSHR, highBits * j);
          ShortVector a = pair(VectorByteDots.LOW_OFFSET);
          ShortVector b = a;
          ShortVector c = a;
          ShortVector d = a;
          for (int n = 0; n < 4; n++) {
            int i = (g * planes + j) * 4 + Lanes.turn(n);
            ShortVector w = v.and(low).or(rest.and(high).lanewise(LSHL, 4)).reinterpretAsShorts();
            a = a.add(w.mul(pair(x[at0 + i])));
            b = b.add(w.mul(pair(x[at1 + i])));
            c = c.add(w.mul(pair(x[at2 + i])));
            d = d.add(w.mul(pair(x[at3 + i])));
            v = v.lanewise(LSHR, 4);
            rest = rest.lanewise(LSHR, 4);
          }
          all0 = all0.add(a.reinterpretAsInts());
          all1 = all1.add(b.reinterpretAsInts());
          all2 = all2.add(c.reinterpretAsInts());
          all3 = all3.add(d.reinterpretAsInts());
          upper0 = upper0.add(a.reinterpretAsInts().lanewise(ASHR, 16));
          upper1 = upper1.add(b.reinterpretAsInts().lanewise(ASHR, 16));
          upper2 = upper2.add(c.reinterpretAsInts().lanewise(ASHR, 16));
          upper3 = upper3.add(d.reinterpretAsInts().lanewise(ASHR, 16));
        }
        int to = g * GROUP + t / 4;
        all0.add(upper0).sub(upper0.lanewise(LSHL, 16)).intoArray(dots, to);
        all1.add(upper1).sub(upper1.lanewise(LSHL, 16)).intoArray(dots, to + ROWS);
        all2.add(upper2).sub(upper2.lanewise(LSHL, 16)).intoArray(dots, to + 2 * ROWS);
        all3.add(upper3).sub(upper3.lanewise(LSHL, 16)).intoArray(dots, to + 3 * ROWS);
      }
    }
  }
}
