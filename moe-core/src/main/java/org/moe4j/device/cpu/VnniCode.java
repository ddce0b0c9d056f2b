// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.moe4j.device.cpu.KernelFrame.BAND;
import static org.moe4j.device.cpu.KernelFrame.TILE;
import static org.moe4j.device.cpu.KernelFrame.Y;

import org.moe4j.device.cpu.Assembler.Memory;
import org.moe4j.device.cpu.Assembler.Shift;
import org.moe4j.device.cpu.Assembler.Vector;
import org.moe4j.device.cpu.KernelFrame.Columns;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/**
 * Kernels with AVX-512 and its multiplication of bytes (VNNI). A lane is a weight row; the unsigned
 * weights of four columns meet the same four activations in all lanes.
 *
 * <p>Registers 0 to 11 hold integer sums, 12 to 23 outputs: up to three activation rows with all 64
 * weight rows, or up to six with half of them. Then the columns are taken in pieces, so that the
 * other half finds the weights in the first-level cache.
 */
final class VnniCode implements KernelCode {

  private static final int MOST_ROWS = Scratch.MACHINE_ROWS;
  private static final int ROWS_WITH_ALL = 3;

  private static final Vector LOW_MASK = new Vector(24);
  private static final Vector HIGH_MASK = new Vector(25);
  private static final Vector HALF_MASK = new Vector(26);
  private static final Vector T0 = new Vector(27);
  private static final Vector T1 = new Vector(28);
  private static final Vector T2 = new Vector(29);
  private static final Vector T3 = new Vector(30);
  private static final Vector OFFSET = new Vector(31);

  /** Bytes of a vector. */
  private static final int VECTOR = 64;

  /**
   * For the vectors of a strip, where in 64 ints their lanes begin: first that of the low halves of
   * 16 ints, then that of the high ones.
   */
  private static final int[] LANES = {0, 2 * VECTOR, VECTOR, 3 * VECTOR};

  @Override
  public String name() {
    return "AVX512-VNNI";
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
    private final Assembler a = new Assembler(512);
    private final Form form;
    private final int rows;

    /** Vectors of a strip. */
    private final int width;

    private final KernelFrame frame;

    Writer(Form form, int rows) {
      this.form = form;
      this.rows = rows;
      width = rows <= ROWS_WITH_ALL ? 4 : 2;
      frame = new KernelFrame(a, form, rows);
    }

    private Vector sum(int row, int vector) {
      return new Vector(row * width + vector);
    }

    private Vector output(int row, int vector) {
      return new Vector(12 + row * width + vector);
    }

    byte[] write() {
      return frame.write(this::constants, this::piece);
    }

    private void piece() {
      if (width == 4) {
        frame.takeAll();
      } else {
        frame.takePiece();
      }
      if (form.superBlocks) {
        units();
      }
      for (int strip = 0; strip < 4; strip += width) {
        strip(strip);
      }
    }

    private void constants() {
      int low = form.bits == Byte.SIZE ? 0x80 : (1 << Places.lowBits(form.bits)) - 1;
      frame.constant(LOW_MASK, low * 0x01010101);
      frame.constant(HIGH_MASK, ((1 << form.bits) - 1 & 0xf0) * 0x01010101);
      frame.constant(HALF_MASK, ScalarGroupScales.HALF);
      frame.constant(OFFSET, Float.floatToRawIntBits(form.offset));
    }

    private void strip(int strip) {
      frame.startStrip();
      for (int row = 0; row < rows; row++) {
        for (int v = 0; v < width; v++) {
          a.load(output(row, v), Memory.at(Y, row * 4 * VECTOR + LANES[strip + v]));
        }
      }
      frame.blocks(group -> {
        startSums(group);
        multiply(strip, group);
        scale(strip, group);
      });
      for (int row = 0; row < rows; row++) {
        for (int v = 0; v < width; v++) {
          a.store(Memory.at(Y, row * 4 * VECTOR + LANES[strip + v]), output(row, v));
        }
      }
    }

    /** What unsigned weights are too large by is taken off in advance. */
    private void startSums(int group) {
      for (int row = 0; row < rows; row++) {
        Memory negative = frame.record(row, frame.negative(group));
        a.shiftBroadcast(Shift.LEFT, sum(row, 0), negative, form.bits - 1);
        for (int v = 1; v < width; v++) {
          a.copy(sum(row, v), sum(row, 0));
        }
      }
    }

    private void multiply(int strip, int group) {
      for (Columns columns : frame.columns(group)) {
        for (int v = 0; v < width; v++) {
          int lanes = LANES[strip + v];
          weights(columns.low() + lanes, columns.lowBit());
          if (frame.hasHighBits()) {
            highBits(columns.high() + lanes, columns.highBit());
          }
          for (int row = 0; row < rows; row++) {
            a.dotBytes(sum(row, v), T0, frame.record(row, columns.record()));
          }
        }
      }
    }

    /** Four unsigned bytes of each lane. */
    private void weights(int offset, int bit) {
      Memory from = Memory.at(TILE, offset);
      if (form.bits == Byte.SIZE) {
        a.xor(T0, LOW_MASK, from);
      } else if (bit == 0) {
        a.and(T0, LOW_MASK, from);
      } else {
        a.shift(Shift.RIGHT, T0, from, bit);
        a.and(T0, T0, LOW_MASK);
      }
    }

    /** Their bits from the fifth on, which begin at a bit of each byte. */
    private void highBits(int offset, int bit) {
      Memory from = Memory.at(TILE, offset);
      if (bit <= 4) {
        a.shift(Shift.LEFT, T1, from, 4 - bit);
      } else {
        a.shift(Shift.RIGHT, T1, from, bit - 4);
      }
      a.orAnd(T0, T1, HIGH_MASK);
    }

    /** The operations of {@link BlockScale} in their order. */
    private void scale(int strip, int group) {
      for (int row = 0; row < rows; row++) {
        for (int v = 0; v < width; v++) {
          a.floats(sum(row, v), sum(row, v));
        }
      }
      for (int v = 0; v < width; v += 2) {
        int vector = strip + v;
        if (form.superBlocks) {
          bytes(T0, frame.scales(group), vector, 0);
          bytes(T1, frame.scales(group), vector + 1, 0);
        } else {
          halves(TILE, frame.scales(group) + vector / 2 * VECTOR);
        }
        for (int row = 0; row < rows; row++) {
          a.broadcast(T2, frame.record(row, RecordRows.SCALE));
          a.multiplyBroadcast(T2, T2, Memory.at(BAND, 0));
          for (int half = 0; half < 2; half++) {
            a.multiply(T3, half == 0 ? T0 : T1, T2);
            a.multiplyAdd(output(row, v + half), T3, sum(row, v + half));
          }
        }
        if (form.centred) {
          centre(strip, v, group);
        }
      }
    }

    private void centre(int strip, int v, int group) {
      int vector = strip + v;
      if (form.superBlocks) {
        for (int half = 0; half < 2; half++) {
          bytes(T2, frame.centres(group), vector + half, 4 * VECTOR);
          Vector scale = half == 0 ? T0 : T1;
          a.multiplyAdd(T2, scale, OFFSET);
          a.copy(scale, T2);
        }
      } else {
        halves(TILE, frame.centres(group) + vector / 2 * VECTOR);
      }
      for (int row = 0; row < rows; row++) {
        a.broadcast(T2, frame.record(row, frame.floatSum(group)));
        a.multiplyBroadcast(T2, T2, Memory.at(BAND, 0));
        a.multiplyAdd(output(row, v), T0, T2);
        a.multiplyAdd(output(row, v + 1), T1, T2);
      }
    }

    /** The halves before a run, as floats. */
    private void units() {
      for (int number = 0; number < form.head / VECTOR; number++) {
        halves(KernelFrame.PIECE_TILE, number * VECTOR);
        // The centres' are behind the scales'.
        int to = Scratch.UNITS + number / 2 * 4 * VECTOR;
        a.store(Memory.at(Y, to + LANES[number % 2 * 2]), T0);
        a.store(Memory.at(Y, to + LANES[number % 2 * 2 + 1]), T1);
      }
    }

    /** A vector of bytes as floats, times their units. */
    private void bytes(Vector to, int offset, int vector, int units) {
      int shift = 24 - LANES[vector] / VECTOR * Byte.SIZE;
      Memory from = Memory.at(TILE, offset);
      if (shift == 0) {
        a.shift(Shift.RIGHT_SIGNED, to, from, 24);
      } else {
        a.shift(Shift.LEFT, to, from, shift);
        a.shift(Shift.RIGHT_SIGNED, to, to, 24);
      }
      a.floats(to, to);
      a.multiply(to, to, Memory.at(Y, Scratch.UNITS + units + LANES[vector]));
    }

    /** The low halves of 16 ints as floats that are too small, and the high ones. */
    private void halves(int base, int offset) {
      Memory from = Memory.at(base, offset);
      a.shift(Shift.LEFT, T0, from, 16);
      a.shift(Shift.RIGHT_SIGNED, T0, T0, 3);
      a.and(T0, T0, HALF_MASK);
      a.shift(Shift.RIGHT_SIGNED, T1, from, 3);
      a.and(T1, T1, HALF_MASK);
    }
  }
}
