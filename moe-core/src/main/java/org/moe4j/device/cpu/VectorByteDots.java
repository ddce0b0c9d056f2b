// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.moe4j.device.cpu.Lanes.BYTES;
import static org.moe4j.device.cpu.Lanes.COUNT;
import static org.moe4j.device.cpu.Lanes.I;
import static org.moe4j.device.cpu.Lanes.ints;
import static org.moe4j.device.cpu.Lanes.pair;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * {@link Dots} of 8-bit weights with 16-bit multiply-adds; two products of at most {@code 128 x
 * 127} fit a short.
 *
 * <p>Widening both halves of an int would cost three shifts; here it costs one. With 2^15 added to
 * every low half, which makes it unsigned, the ints themselves can be summed; the start value takes
 * all the 2^15 off again.
 */
final class VectorByteDots implements Dots {

  /** What makes the low half of an int unsigned. */
  static final int LOW_OFFSET = 1 << 15;

  @Override
  public void one(
      long tile, long step, int groups, int columns, int[] x, int at, int[] starts, int[] dots) {
    ShortVector offset = pair(LOW_OFFSET);
    int planes = columns / 4;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += 2 * BYTES) {
        IntVector all0 = IntVector.broadcast(I, starts[4 * g] - LOW_OFFSET * planes);
        IntVector all1 = all0;
        IntVector high0 = IntVector.zero(I);
        IntVector high1 = high0;
        for (int j = 0; j < planes; j++) {
          int i = (g * planes + j) * 2;
          long p = tile + g * step + j * PLANE + t;
          ShortVector v0 = ints(p).reinterpretAsShorts();
          ShortVector v1 = ints(p + BYTES).reinterpretAsShorts();
          ShortVector y0 = pair(x[at + i]);
          ShortVector y1 = pair(x[at + i + 1]);
          IntVector r0 = first(v0).mul(y0).add(second(v0).mul(y1)).add(offset).reinterpretAsInts();
          IntVector r1 = first(v1).mul(y0).add(second(v1).mul(y1)).add(offset).reinterpretAsInts();
          all0 = all0.add(r0);
          all1 = all1.add(r1);
          high0 = high0.add(r0.lanewise(ASHR, 16));
          high1 = high1.add(r1.lanewise(ASHR, 16));
        }
        int to = g * GROUP + t / 4;
        all0.add(high0).sub(high0.lanewise(LSHL, 16)).intoArray(dots, to);
        all1.add(high1).sub(high1.lanewise(LSHL, 16)).intoArray(dots, to + COUNT);
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
    ShortVector offset = pair(LOW_OFFSET);
    int planes = columns / 4;
    for (int g = 0; g < groups; g++) {
      for (int t = 0; t < PLANE; t += BYTES) {
        int offsets = LOW_OFFSET * planes;
        IntVector all0 = IntVector.broadcast(I, starts[4 * g] - offsets);
        IntVector all1 = IntVector.broadcast(I, starts[4 * g + 1] - offsets);
        IntVector all2 = IntVector.broadcast(I, starts[4 * g + 2] - offsets);
        IntVector all3 = IntVector.broadcast(I, starts[4 * g + 3] - offsets);
        IntVector high0 = IntVector.zero(I);
        IntVector high1 = high0;
        IntVector high2 = high0;
        IntVector high3 = high0;
        for (int j = 0; j < planes; j++) {
          int i = (g * planes + j) * 2;
          ShortVector v = ints(tile + g * step + j * PLANE + t).reinterpretAsShorts();
          ShortVector v0 = first(v);
          ShortVector v1 = second(v);
          IntVector r = dot(v0, v1, x[at0 + i], x[at0 + i + 1], offset);
          all0 = all0.add(r);
          high0 = high0.add(r.lanewise(ASHR, 16));
          r = dot(v0, v1, x[at1 + i], x[at1 + i + 1], offset);
          all1 = all1.add(r);
          high1 = high1.add(r.lanewise(ASHR, 16));
          r = dot(v0, v1, x[at2 + i], x[at2 + i + 1], offset);
          all2 = all2.add(r);
          high2 = high2.add(r.lanewise(ASHR, 16));
          r = dot(v0, v1, x[at3 + i], x[at3 + i + 1], offset);
          all3 = all3.add(r);
          high3 = high3.add(r.lanewise(ASHR, 16));
        }
        int to = g * GROUP + t / 4;
        all0.add(high0).sub(high0.lanewise(LSHL, 16)).intoArray(dots, to);
        all1.add(high1).sub(high1.lanewise(LSHL, 16)).intoArray(dots, to + ROWS);
        all2.add(high2).sub(high2.lanewise(LSHL, 16)).intoArray(dots, to + 2 * ROWS);
        all3.add(high3).sub(high3.lanewise(LSHL, 16)).intoArray(dots, to + 3 * ROWS);
      }
    }
  }

  private static IntVector dot(ShortVector v0, ShortVector v1, int y0, int y1, ShortVector offset) {
    return v0.mul(pair(y0)).add(v1.mul(pair(y1))).add(offset).reinterpretAsInts();
  }

  private static ShortVector first(ShortVector v) {
    return v.lanewise(LSHL, 8).lanewise(ASHR, 8);
  }

  private static ShortVector second(ShortVector v) {
    return v.lanewise(ASHR, 8);
  }
}
