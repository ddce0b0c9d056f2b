// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.KernelFrame.BAND;
import static org.moe4j.device.cpu.KernelFrame.PIECE_TILE;
import static org.moe4j.device.cpu.KernelFrame.TILE;
import static org.moe4j.device.cpu.KernelFrame.Y;

import org.moe4j.device.cpu.Assembler.Memory;
import org.moe4j.device.cpu.Assembler.Shift;
import org.moe4j.device.cpu.Assembler.Vector;
import org.moe4j.device.cpu.KernelFrame.Columns;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/**
 * Kernels with AVX2 and FMA. Weight rows are taken in pairs of vectors, eight and the eight that
 * are 32 further on. The products of unsigned weights of up to four bits are summed in 16 bits,
 * those of larger ones are widened each time; bytes are multiplied by their magnitudes, their signs
 * going to the activations.
 *
 * <p>Registers 0 to 7 hold integer sums: one activation row with all 64 weight rows, two with half
 * of them, or up to four with a quarter. Where it is not all, the columns are taken in pieces, so
 * that the other strips of weight rows find them in the first-level cache. One row takes all,
 * because memory would rest while strips are computed from the cache.
 */
final class Avx2Code implements KernelCode {

  private static final int MOST_ROWS = 4;

  private static final int SUMS = 8;

  private static final Vector[] WEIGHTS = {new Vector(8), new Vector(9)};
  private static final Vector T0 = new Vector(10);
  private static final Vector T1 = new Vector(11);
  private static final Vector T2 = new Vector(14);
  private static final Vector LOW_MASK = new Vector(12);
  private static final Vector ONES = new Vector(13);
  private static final Vector HIGH_MASK = new Vector(15);

  /** Magnitudes of weights that are bytes, which need no masks. */
  private static final Vector[] MAGNITUDES = {LOW_MASK, HIGH_MASK};

  /** Numbers that are kept below the stack's top, of which a leaf function may use 128 bytes. */
  private static final Memory HALF_MASK = Memory.at(Assembler.RSP, -32);

  private static final Memory UNIT = Memory.at(Assembler.RSP, -64);
  private static final Memory OFFSET = Memory.at(Assembler.RSP, -96);

  /** Bytes of a vector. */
  private static final int VECTOR = 32;

  /** From the first vector of a pair to the second. */
  private static final int APART = 4 * VECTOR;

  /** Bytes of 64 floats. */
  private static final int BAND_BYTES = 8 * VECTOR;

  @Override
  public String name() {
    return "AVX2";
  }

  @Override
  public int mostRows() {
    return MOST_ROWS;
  }

  @Override
  public byte[] write(Form form, int rows) {
    return new Writer(form, rows).write();
  }

  private static final class Writer {
    private final Assembler a = new Assembler(256);
    private final Form form;
    private final int rows;

    /** Pairs of vectors in a strip. */
    private final int pairs;

    private final KernelFrame frame;

    Writer(Form form, int rows) {
      this.form = form;
      this.rows = rows;
      pairs = rows > 2 ? 1 : SUMS / 2 / rows;
      frame = new KernelFrame(a, form, rows);
    }

    private Vector sum(int row, int pair, int vector) {
      return new Vector((row * pairs + pair) * 2 + vector);
    }

    private static Memory output(int row, int pair, int vector) {
      return Memory.at(Y, row * BAND_BYTES + pair * VECTOR + vector * APART);
    }

    byte[] write() {
      return frame.write(this::constants, this::piece);
    }

    private void piece() {
      if (pairs == 4) {
        frame.takeAll();
      } else {
        frame.takePiece();
      }
      if (form.superBlocks) {
        units();
      }
      for (int strip = 0; strip < 4; strip += pairs) {
        int first = strip;
        frame.startStrip();
        frame.blocks(group -> {
          startSums();
          multiply(first, group);
          scale(first, group);
        });
      }
    }

    private void constants() {
      frame.constant(LOW_MASK, ((1 << Places.lowBits(form.bits)) - 1) * 0x01010101);
      frame.constant(HIGH_MASK, ((1 << form.bits) - 1 & 0xf0) * 0x01010101);
      frame.constant(ONES, 0x00010001);
      frame.constant(T0, Float.floatToRawIntBits(form.offset));
      a.store(OFFSET, T0);
      // Last, for a constant goes over the stack.
      frame.constant(T0, ScalarGroupScales.HALF);
      a.store(HALF_MASK, T0);
      a.broadcast(T1, Memory.at(BAND, 0));
      a.store(UNIT, T1);
    }

    private void startSums() {
      for (int i = 0; i < rows * pairs * 2; i++) {
        Vector sum = new Vector(i);
        a.xor(sum, sum, sum);
      }
    }

    private void multiply(int strip, int group) {
      for (Columns columns : frame.columns(group)) {
        for (int pair = 0; pair < pairs; pair++) {
          for (int v = 0; v < 2; v++) {
            int lanes = (strip + pair) * VECTOR + v * APART;
            weights(WEIGHTS[v], columns.low() + lanes, columns.lowBit());
            if (frame.hasHighBits()) {
              highBits(WEIGHTS[v], columns.high() + lanes, columns.highBit());
            }
            if (form.bits == Byte.SIZE) {
              a.magnitudes(MAGNITUDES[v], WEIGHTS[v]);
            }
          }
          for (int row = 0; row < rows; row++) {
            if (rows > 1 || pair == 0) {
              a.broadcast(T0, frame.record(row, columns.record()));
            }
            for (int v = 0; v < 2; v++) {
              add(sum(row, pair, v), v);
            }
          }
        }
      }
    }

    /** Four bytes of each lane. */
    private void weights(Vector to, int offset, int bit) {
      Memory from = Memory.at(TILE, offset);
      if (form.bits == Byte.SIZE) {
        a.load(to, from);
      } else if (bit == 0) {
        a.and(to, LOW_MASK, from);
      } else {
        a.load(to, from);
        a.shift(Shift.RIGHT, to, to, bit);
        a.and(to, to, LOW_MASK);
      }
    }

    /** Their bits from the fifth on, which begin at a bit of each byte. */
    private void highBits(Vector to, int offset, int bit) {
      a.load(T2, Memory.at(TILE, offset));
      if (bit < 4) {
        a.shift(Shift.LEFT, T2, T2, 4 - bit);
      } else if (bit > 4) {
        a.shift(Shift.RIGHT, T2, T2, bit - 4);
      }
      a.and(T2, T2, HIGH_MASK);
      a.or(to, to, T2);
    }

    /** {@code sum += weights * T0}. */
    private void add(Vector sum, int v) {
      if (form.bits == Byte.SIZE) {
        a.signs(T1, T0, WEIGHTS[v]);
        a.multiplyAddBytes(T1, MAGNITUDES[v], T1);
      } else {
        a.multiplyAddBytes(T1, WEIGHTS[v], T0);
      }
      if (Dots.wide(form.bits)) {
        a.multiplyAddShorts(T1, T1, ONES);
        a.addInts(sum, sum, T1);
      } else {
        a.addShorts(sum, sum, T1);
      }
    }

    /** The operations of {@link BlockScale} in their order. */
    private void scale(int strip, int group) {
      for (int row = 0; row < rows; row++) {
        if (form.offset > 0) {
          a.broadcast(T0, frame.record(row, frame.negative(group)));
          a.shift(Shift.LEFT, T0, T0, form.bits - 1);
        }
        for (int i = 0; i < pairs * 2; i++) {
          Vector sum = sum(row, i / 2, i % 2);
          if (!Dots.wide(form.bits)) {
            a.multiplyAddShorts(sum, sum, ONES);
          }
          if (form.offset > 0) {
            a.addInts(sum, sum, T0);
          }
          a.floats(sum, sum);
        }
      }
      for (int pair = 0; pair < pairs; pair++) {
        if (form.superBlocks) {
          bytes(WEIGHTS[0], frame.scales(group), strip + pair, 0, 0);
          bytes(WEIGHTS[1], frame.scales(group), strip + pair, 1, 0);
        } else {
          halves(TILE, frame.scales(group) + (strip + pair) * VECTOR);
        }
        for (int row = 0; row < rows; row++) {
          a.broadcast(T0, frame.record(row, RecordRows.SCALE));
          a.multiply(T0, T0, UNIT);
          for (int v = 0; v < 2; v++) {
            a.multiply(T1, WEIGHTS[v], T0);
            a.load(T2, output(row, strip + pair, v));
            a.multiplyAdd(T2, T1, sum(row, pair, v));
            a.store(output(row, strip + pair, v), T2);
          }
        }
        if (form.centred) {
          centre(group, strip + pair);
        }
      }
    }

    private void centre(int group, int pair) {
      if (form.superBlocks) {
        a.load(T1, OFFSET);
        for (int v = 0; v < 2; v++) {
          bytes(T0, frame.centres(group), pair, v, BAND_BYTES);
          a.multiplyAdd(T0, WEIGHTS[v], T1);
          a.copy(WEIGHTS[v], T0);
        }
      } else {
        halves(TILE, frame.centres(group) + pair * VECTOR);
      }
      for (int row = 0; row < rows; row++) {
        a.broadcast(T0, frame.record(row, frame.floatSum(group)));
        a.multiply(T0, T0, UNIT);
        for (int v = 0; v < 2; v++) {
          a.load(T2, output(row, pair, v));
          a.multiplyAdd(T2, WEIGHTS[v], T0);
          a.store(output(row, pair, v), T2);
        }
      }
    }

    /** The halves before a run, as floats. */
    private void units() {
      for (int number = 0; number < form.head / VECTOR; number++) {
        halves(PIECE_TILE, number * VECTOR);
        // The centres' are behind the scales'.
        int to = Scratch.UNITS + number / 4 * BAND_BYTES + number % 4 * VECTOR;
        a.store(Memory.at(Y, to), WEIGHTS[0]);
        a.store(Memory.at(Y, to + APART), WEIGHTS[1]);
      }
    }

    /** A vector of bytes as floats, times their units. */
    private void bytes(Vector to, int offset, int pair, int v, int units) {
      int shift = 24 - (pair / 2 + 2 * v) * Byte.SIZE;
      a.load(to, Memory.at(TILE, offset + pair % 2 * VECTOR));
      if (shift > 0) {
        a.shift(Shift.LEFT, to, to, shift);
      }
      a.shift(Shift.RIGHT_SIGNED, to, to, 24);
      a.floats(to, to);
      a.multiply(to, to, Memory.at(Y, Scratch.UNITS + units + pair * VECTOR + v * APART));
    }

    /** The low halves of eight ints as floats that are too small, and the high ones. */
    private void halves(int base, int offset) {
      a.load(T0, Memory.at(base, offset));
      a.shift(Shift.LEFT, T1, T0, 16);
      a.shift(Shift.RIGHT_SIGNED, T1, T1, 3);
      a.and(WEIGHTS[0], T1, HALF_MASK);
      a.shift(Shift.RIGHT_SIGNED, T0, T0, 3);
      a.and(WEIGHTS[1], T0, HALF_MASK);
    }
  }
}
