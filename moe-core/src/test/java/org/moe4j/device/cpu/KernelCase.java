// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One call of a kernel with all arrays it reads and writes.
 *
 * @param name kernel and sizes
 * @param state the arrays, as they are before the call
 * @param call the call
 */
@SuppressWarnings("ArrayRecordComponent") // Neither compared nor printed.
record KernelCase(String name, Object[] state, Consumer<Kernels> call) {

  private static final int[] COLUMNS = {1, 2, 15, 64, 65, 131};
  private static final int[] COUNTS = {1, 3, 16, 31, 64, 100};

  /**
   * Runs the call on a copy of the state's values and gives them back as they are afterwards, as
   * bits.
   */
  List<int[]> run(Kernels kernels) {
    List<Object> before = new ArrayList<>();
    for (Object array : state) {
      before.add(array instanceof float[] f ? f.clone() : ((int[]) array).clone());
    }
    call.accept(kernels);
    List<int[]> after = new ArrayList<>();
    for (int i = 0; i < state.length; i++) {
      after.add(bits(state[i]));
      restore(before.get(i), state[i]);
    }
    return after;
  }

  private static int[] bits(Object array) {
    if (array instanceof int[] ints) {
      return ints.clone();
    }
    float[] floats = (float[]) array;
    int[] bits = new int[floats.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(floats[i]);
    }
    return bits;
  }

  private static void restore(Object from, Object to) {
    int length = from instanceof float[] f ? f.length : ((int[]) from).length;
    System.arraycopy(from, 0, to, 0, length);
  }

  /**
   * Every kernel at odd sizes.
   *
   * @param memory where weights are put
   */
  static List<KernelCase> all(NativeMemory memory) {
    return new Cases(memory).all;
  }

  private static final class Cases {
    final List<KernelCase> all = new ArrayList<>();
    private final Random random = new Random(99);
    private final NativeMemory memory;

    Cases(NativeMemory memory) {
      this.memory = memory;
      for (int groups : new int[] {1, 3, 8}) {
        for (int bits : new int[] {2, 4, 5, 6, 8}) {
          dots(bits, groups, 16);
          dots(bits, groups, 32);
        }
        scales(groups);
        unpacking(groups);
      }
      for (int columns : COLUMNS) {
        floats("F32", columns, Float.BYTES, Kernels::f32);
        floats("F16", columns, Short.BYTES, Kernels::f16);
        floats("BF16", columns, Short.BYTES, Kernels::bf16);
      }
      for (int columns : new int[] {2, 30, 64, 130}) {
        floats8(columns, 4);
        floats8(columns, 5);
      }
      quantizer(1);
      quantizer(5);
      for (int count : COUNTS) {
        rows(count);
      }
      for (int pairs : new int[] {1, 3, 8, 16, 29, 64}) {
        rotation(pairs);
      }
      for (int size : new int[] {1, 17, 32}) {
        cache(size);
      }
      for (int columns : new int[] {1, 12, 19, 32}) {
        recurrence(columns, columns == 12 ? 1 : 21);
      }
    }

    private void add(String name, Consumer<Kernels> call, Object... state) {
      all.add(new KernelCase(name, state, call));
    }

    /** Random bits; where halves or floats are wanted they include the odd ones. */
    private long bits(long bytes) {
      long address = memory.allocate(bytes);
      for (long i = 0; i < bytes; i++) {
        Native.putByte(address + i, (byte) random.nextInt());
      }
      return address;
    }

    /** Random finite numbers of a type. */
    private long numbers(int count, int bytes) {
      long address = memory.allocate((long) count * bytes);
      for (int i = 0; i < count; i++) {
        float value = (float) random.nextGaussian();
        if (bytes == Float.BYTES) {
          Native.putFloat(address + 4L * i, value);
        } else {
          // As a BF16 this is another number, but a number too.
          Native.putShort(address + 2L * i, Float.floatToFloat16(value));
        }
      }
      return address;
    }

    private float[] floats(int count) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return values;
    }

    /** Pairs; extremes as often as all others together. */
    private int[] activations(int columns) {
      int[] pairs = new int[columns / 2];
      for (int i = 0; i < pairs.length; i++) {
        pairs[i] = RowQuantizer.pair(activation(), activation());
      }
      return pairs;
    }

    private int activation() {
      if (random.nextBoolean()) {
        return random.nextInt(255) - 127;
      }
      return random.nextBoolean() ? 127 : -127;
    }

    private void dots(int bits, int groups, int columns) {
      if (bits == 6 && columns == 32) {
        return; // Two high bits of 32 columns do not fit one plane; no form has them.
      }
      long step = Places.planes(bits, columns) * Dots.PLANE + 128;
      long tile = bits(groups * step);
      int row = columns * groups / 2;
      int[] x = activations(10 * row);
      int[] starts = new int[4 * groups];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = random.nextInt(64000) - 32000;
      }
      int[] dots = new int[groups * Dots.GROUP];
      String sizes = bits + " bits, " + groups + " x " + columns;
      add(
          "dots one, " + sizes,
          k -> k.blocks().dots(bits).one(tile, step, groups, columns, x, row, starts, dots),
          x,
          starts,
          dots);
      add(
          "dots four, " + sizes,
          k ->
              k.blocks()
                  .dots(bits)
                  .four(tile, step, groups, columns, x, 2 * row, 0, row, 4 * row, starts, dots),
          x,
          starts,
          dots);
    }

    /** With the bits of halves that are none and of those that are subnormal too. */
    private void unpacking(int groups) {
      long step = 1024 + 256;
      long units = bits(128);
      long from = bits(groups * step);
      float[] scales = floats(64 * groups);
      float[] minima = floats(64 * groups);
      float[] to = new float[64 * groups];
      add("halves " + groups, k -> k.blocks().unpacking().halves(from, step, groups, to), to);
      add("bytes " + groups, k -> k.blocks().unpacking().bytes(units, from, step, groups, to), to);
      add(
          "centre " + groups,
          k -> k.blocks().unpacking().centre(groups, 8, scales, minima),
          scales,
          minima);
    }

    private void scales(int groups) {
      float[] scales = floats(64 * groups);
      float[] centres = floats(64 * groups);
      float[] factors = floats(4 * groups);
      float[] sums = floats(4 * groups);
      float[] y = floats(4 * 64);
      int[] dots = new int[groups * Dots.GROUP];
      for (int i = 0; i < dots.length; i++) {
        dots[i] = random.nextInt() >> 8;
      }
      add(
          "scale one " + groups,
          k -> k.blocks().scale().one(groups, scales, factors, dots, y, 64),
          factors,
          dots,
          y);
      add(
          "scale four " + groups,
          k -> k.blocks().scale().four(groups, scales, factors, dots, y),
          factors,
          dots,
          y);
      add(
          "scale one centred " + groups,
          k -> k.blocks().scale().oneCentred(groups, scales, centres, factors, sums, dots, y, 3),
          factors,
          sums,
          dots,
          y);
      add(
          "scale four centred " + groups,
          k -> k.blocks().scale().fourCentred(groups, scales, centres, factors, sums, dots, y),
          factors,
          sums,
          dots,
          y);
    }

    private void floats(
        String type, int columns, int weightBytes, Function<Kernels, FloatDots> dots) {
      long tile = numbers(32 * columns, weightBytes);
      float[] x = floats(5 * columns);
      float[] y = floats(4 * 50);
      add(type + " one " + columns, k -> dots.apply(k).one(tile, columns, x, columns, y, 7), x, y);
      add(
          type + " four " + columns,
          k -> dots.apply(k).four(tile, columns, x, 2 * columns, 0, columns, 4 * columns, y, 5, 50),
          x,
          y);
    }

    private void floats8(int columns, int exponentBits) {
      int block = 64;
      long blockBytes = Float8Dots.blockBytes(block);
      int blocks = Math.ceilDiv(columns, block);
      long tile = bits(blocks * blockBytes);
      for (int i = 0; i < blocks * 32; i++) {
        float scale = (float) random.nextGaussian() * Float8Dots.unit(exponentBits);
        Native.putFloat(tile + i / 32 * blockBytes + i % 32 * 4L, scale);
      }
      float[] x = floats(5 * columns);
      float[] y = floats(4 * 50);
      String sizes = columns + " of " + exponentBits;
      add(
          "F8 one " + sizes,
          k -> k.f8().one(tile, columns, block, exponentBits, x, columns, y, 7),
          x,
          y);
      add(
          "F8 four " + sizes,
          k ->
              k.f8()
                  .four(
                      tile,
                      columns,
                      block,
                      exponentBits,
                      x,
                      2 * columns,
                      0,
                      columns,
                      4 * columns,
                      y,
                      5,
                      50),
          x,
          y);
    }

    private void quantizer(int blocks) {
      float[] x = floats(32 * blocks + 3);
      if (blocks > 4) {
        x[3 + 7] = Float.NaN;
        x[3 + 32 + 9] = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < 32; i++) {
          x[3 + 64 + i] *= 0x1p-120f;
          x[3 + 96 + i] = i % 5 * 0.5f;
        }
      }
      PairRows to = new PairRows(blocks + 1, 32);
      add(
          "quantizer " + blocks,
          k -> k.blocks().quantizer().quantize(x, 3, blocks, to, 32),
          x,
          to.pairs,
          to.sums,
          to.scales,
          to.floatSums);
    }

    private void rows(int count) {
      float[] x = floats(count + 3);
      float[] y = floats(count + 5);
      float[] weight = floats(count);
      float[] lanes = new float[16];
      float[] wild = floats(count + 2);
      for (int i = 0; i < wild.length; i++) {
        wild[i] *= i % 3 == 0 ? 1 : i % 3 == 1 ? 30 : 300;
      }
      float[] odd = wild.clone();
      odd[odd.length / 2] = Float.NaN;
      odd[odd.length - 1] = Float.POSITIVE_INFINITY;
      float[] result = new float[1];
      add(
          "squares " + count,
          k -> result[0] = k.rows().squares(x, 3, count, lanes),
          x,
          lanes,
          result);
      add(
          "scale each " + count,
          k -> k.rows().scaleEach(x, 3, count, 1.7f, weight, y, 5),
          x,
          weight,
          y);
      add("scale " + count, k -> k.rows().scale(0.3f, y, 5, count), y);
      add("add " + count, k -> k.rows().add(x, 3, y, 5, count), x, y);
      add("multiply " + count, k -> k.rows().multiply(x, 3, y, 5, count), x, y);
      add(
          "add products " + count,
          k -> k.rows().addProducts(x, 3, weight, y, 5, count),
          x,
          weight,
          y);
      add("add scaled " + count, k -> k.rows().addScaled(0.3f, x, 3, y, 5, count), x, y);
      for (boolean withNan : new boolean[] {false, true}) {
        float[] values = withNan ? odd : wild;
        String which = withNan ? " with NaN" : "";
        add("silu " + count + which, k -> k.rows().silu(values, 2, count), values);
        add("gate " + count + which, k -> k.rows().gate(values, y, 2, count), values, y);
        add("GELU " + count + which, k -> k.rows().gateGelu(values, y, 2, count), values, y);
        add(
            "clamped gate " + count + which,
            k -> k.rows().gateClamped(values, y, 2, count, 1.702f, 7),
            values,
            y);
        add(
            "scale by sigmoid " + count + which,
            k -> k.rows().scaleBySigmoid(values, 2, y, 5, count),
            values,
            y);
        add("cap " + count + which, k -> k.rows().cap(30, values, 2, count), values);
        add(
            "sum " + count + which,
            k -> result[0] = k.rows().sum(values, 2, count, lanes),
            values,
            lanes,
            result);
        add(
            "subtract " + count + which,
            k -> k.rows().subtract(values, 2, count, 0.4f, y, 5),
            values,
            y);
        add(
            "largest " + count + which,
            k -> result[0] = k.rows().largest(values, 2, count),
            values,
            result);
        add(
            "exponentials " + count + which,
            k -> result[0] = k.rows().exponentials(values, 2, count, 1.25f, lanes),
            values,
            lanes,
            result);
      }
    }

    private void rotation(int pairs) {
      float[] x = floats(2 * pairs + 1);
      float[] cosines = floats(2 * pairs);
      float[] sines = floats(2 * pairs);
      add(
          "rotate halves " + pairs,
          k -> k.rotation().halves(x, 1, pairs, cosines, sines, pairs),
          x,
          cosines,
          sines);
      add(
          "rotate neighbours " + pairs,
          k -> k.rotation().neighbours(x, 1, pairs, cosines, sines, pairs),
          x,
          cosines,
          sines);
    }

    private void recurrence(int columns, int size) {
      float[] row = floats(columns + 2 * size + 3);
      float[] state = floats(size * columns + 5);
      float[] y = floats(columns + 4);
      int b = columns + 1;
      int c = b + size + 1;
      String sizes = size + " x " + columns;
      add(
          "state space " + sizes,
          k -> k.recurrence().stateSpace(0.9f, 0.3f, row, 1, b, c, size, state, 5, columns, y, 4),
          row,
          state,
          y);
      add(
          "delta rule " + sizes,
          k -> k.recurrence().deltaRule(0.8f, 0.6f, row, b, c, 1, size, state, 5, columns, y, 4),
          row,
          state,
          y);
    }

    private void cache(int size) {
      long keys = bits(CacheFloats.KEY_BLOCK_BYTES);
      long values = bits(CacheFloats.VALUE_TILE_BYTES);
      for (int i = 0; i < 64; i++) {
        Native.putShort(keys + 32 * 64 + 2L * i, Float.floatToFloat16(random.nextFloat()));
        Native.putInt(
            values + 64 * 64 + 4L * i, Float.floatToFloat16(random.nextFloat()) * 0x10001);
      }
      long tile = bits(64 * 32 * 4);
      float[] y = new float[64 * 32];
      int first = size / 3;
      for (int part = 0; part < 2; part++) {
        int which = part;
        add(
            "cache keys " + size + ", part " + part,
            k -> {
              k.cache().keys(keys, which, size, tile);
              copy(tile, y, size);
            },
            y);
        add(
            "cache values " + first + " to " + 2 * size + ", part " + part,
            k -> {
              k.cache().values(values, which, first, 2 * size, tile);
              copy(tile, y, 2 * size);
            },
            y);
      }
      long halves = bits(64L * size);
      add(
          "cache halves " + size,
          k -> {
            k.cache().halves(halves, size, tile);
            copy(tile, y, size);
          },
          y);
    }

    /** Takes a tile away, so that nothing of it is left for the next call. */
    private static void copy(long tile, float[] y, int columns) {
      for (int i = 0; i < 32 * columns; i++) {
        y[i] = Native.getFloat(tile + 4L * i);
        Native.putFloat(tile + 4L * i, -1);
      }
    }
  }
}
