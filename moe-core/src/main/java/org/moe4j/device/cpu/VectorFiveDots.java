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

/** {@link FiveDots} with 16-bit multiply-adds, in the way of {@link VectorNibbleDots}. */
final class VectorFiveDots implements FiveDots {

  private static final int LOW_FIVES = 0x001f001f;
  private static final int STRIP = 2 * BYTES;

  @Override
  public void one(long tile, long step, int groups, int[] x, int at, int[] sums, int[] dots) {
    IntVector mask = IntVector.broadcast(I, LOW_FIVES);
    for (int h = 0; h < 2 * groups; h++) {
      long half = tile + (h >> 1) * step + (h & 1) * HALF_BYTES;
      long rest = tile + (h >> 1) * step + 2 * HALF_BYTES;
      ShortVector start = ShortVector.broadcast(S, (short) (-16 * sums[at / 16 + h]));
      ShortVector last = twice(x[at + h * 16 + 15]);
      for (int t = 0; t < 128; t += STRIP) {
        IntVector v0 = ints(rest + t).lanewise(LSHR, 5 * (h & 1));
        IntVector v1 = ints(rest + t + BYTES).lanewise(LSHR, 5 * (h & 1));
        ShortVector a0 = start.add(v0.and(mask).reinterpretAsShorts().mul(last));
        ShortVector a1 = start.add(v1.and(mask).reinterpretAsShorts().mul(last));
        for (int j = 0; j < 5; j++) {
          v0 = ints(half + j * 128L + t);
          v1 = ints(half + j * 128L + t + BYTES);
          for (int n = 0; n < 3; n++) {
            ShortVector y = twice(x[at + h * 16 + j * 3 + n]);
            a0 = a0.add(v0.and(mask).reinterpretAsShorts().mul(y));
            a1 = a1.add(v1.and(mask).reinterpretAsShorts().mul(y));
            v0 = v0.lanewise(LSHR, 5);
            v1 = v1.lanewise(LSHR, 5);
          }
        }
        a0.reinterpretAsInts().intoArray(dots, h * 32 + t / 4);
        a1.reinterpretAsInts().intoArray(dots, h * 32 + t / 4 + COUNT);
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
    IntVector mask = IntVector.broadcast(I, LOW_FIVES);
    for (int h = 0; h < 2 * groups; h++) {
      long half = tile + (h >> 1) * step + (h & 1) * HALF_BYTES;
      long rest = tile + (h >> 1) * step + 2 * HALF_BYTES;
      for (int t = 0; t < 128; t += BYTES) {
        IntVector v = ints(rest + t).lanewise(LSHR, 5 * (h & 1));
        ShortVector w = v.and(mask).reinterpretAsShorts();
        int i = h * 16 + 15;
        ShortVector a = w.mul(twice(x[at0 + i])).sub((short) (16 * sums[at0 / 16 + h]));
        ShortVector b = w.mul(twice(x[at1 + i])).sub((short) (16 * sums[at1 / 16 + h]));
        ShortVector c = w.mul(twice(x[at2 + i])).sub((short) (16 * sums[at2 / 16 + h]));
        ShortVector d = w.mul(twice(x[at3 + i])).sub((short) (16 * sums[at3 / 16 + h]));
        for (int j = 0; j < 5; j++) {
          v = ints(half + j * 128L + t);
          for (int n = 0; n < 3; n++) {
            i = h * 16 + j * 3 + n;
            w = v.and(mask).reinterpretAsShorts();
            a = a.add(w.mul(twice(x[at0 + i])));
            b = b.add(w.mul(twice(x[at1 + i])));
            c = c.add(w.mul(twice(x[at2 + i])));
            d = d.add(w.mul(twice(x[at3 + i])));
            v = v.lanewise(LSHR, 5);
          }
        }
        int to = h * 32 + t / 4;
        a.reinterpretAsInts().intoArray(dots, to);
        b.reinterpretAsInts().intoArray(dots, to + stride);
        c.reinterpretAsInts().intoArray(dots, to + 2 * stride);
        d.reinterpretAsInts().intoArray(dots, to + 3 * stride);
      }
    }
  }
}
