// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.moe4j.device.cpu.Assembler.Memory;
import org.moe4j.device.cpu.Assembler.Vector;
import org.moe4j.device.cpu.QuantizedTiles.Form;

/**
 * What the kernels of {@link KernelCode} have in common: how they begin and end, the registers that
 * walk over pieces of columns and their blocks, and where the numbers of a group stand.
 *
 * <pre>
 * for each piece of columns:  what the kernel does with a piece, which is
 *   for each strip of weight rows:  {@link #startStrip}
 *     for each block, for each group of it:  {@link #blocks}
 * </pre>
 */
final class KernelFrame {

  // The arguments of the function.
  static final int BAND = Assembler.RDI;
  static final int Y = Assembler.RCX;
  private static final int TABLE = Assembler.RDX;

  /** Blocks from the piece on. */
  private static final int BLOCKS = Assembler.RSI;

  /** Address of the block's weights, less {@link Form#head}. */
  static final int TILE = Assembler.RBX;

  /** Where the block's record is, from a row's first on. */
  static final int RECORD = Assembler.RBP;

  /** Blocks from this one to the end of the piece. */
  private static final int LEFT = Assembler.R12;

  /** {@link #TILE} of the piece's first block. */
  static final int PIECE_TILE = Assembler.R13;

  /** {@link #RECORD} of the piece's first block. */
  private static final int PIECE_RECORD = Assembler.R14;

  private static final int PIECE_BLOCKS = Assembler.R15;

  /** Blocks of a piece that is not the whole row: the run of a form with super-blocks. */
  private static final int PIECE = 8;

  /** How far ahead of the multiplication weights are fetched. */
  private static final int AHEAD = 4096;

  /** Bytes of a line of the cache. */
  private static final int LINE = 64;

  /** The records of all rows but the last; what few rows do not need, a kernel may use. */
  private static final int[] POINTERS = {
    Assembler.R8, Assembler.R9, Assembler.R10, Assembler.R11, Assembler.RAX
  };

  private static final int[] SAVED = {
    Assembler.RBX, Assembler.RBP, Assembler.R12, Assembler.R13, Assembler.R14, Assembler.R15
  };

  private final Assembler a;
  private final Form form;
  private final int rows;
  private final int groupsOfBlock;

  KernelFrame(Assembler assembler, Form form, int rows) {
    a = assembler;
    this.form = form;
    this.rows = rows;
    groupsOfBlock = RowQuantizer.BLOCK / form.group;
  }

  /**
   * Writes the whole function.
   *
   * @param constants writes what comes before all columns
   * @param piece writes what is done with a piece of columns; afterwards {@link #TILE} and {@link
   *     #RECORD} have moved from its first block to that of the next
   */
  byte[] write(Runnable constants, Runnable piece) {
    for (int register : SAVED) {
      a.push(register);
    }
    for (int row = 0; row < rows; row++) {
      a.load(pointer(row), Memory.at(TABLE, row * Long.BYTES));
    }
    constants.run();
    a.move(PIECE_TILE, BAND);
    a.add(PIECE_TILE, QuantizedTiles.HEADER_BYTES);
    a.set(PIECE_RECORD, 0);
    int start = a.here();
    piece.run();
    a.move(PIECE_TILE, TILE);
    if (form.head > 0) {
      a.add(PIECE_TILE, form.head);
    }
    a.move(PIECE_RECORD, RECORD);
    a.subtractRegister(BLOCKS, PIECE_BLOCKS);
    a.jumpIfNotZero(start);
    a.clearUpperHalves();
    for (int i = SAVED.length - 1; i >= 0; i--) {
      a.pop(SAVED[i]);
    }
    a.ret();
    return a.code();
  }

  /** The last pointer takes the place of the table's address. */
  private int pointer(int row) {
    return row == rows - 1 ? TABLE : POINTERS[row];
  }

  /** The same 32 bits in every lane. */
  void constant(Vector to, int value) {
    a.set(LEFT, value);
    a.push(LEFT);
    a.broadcast(to, Memory.at(Assembler.RSP, 0));
    a.pop(LEFT);
  }

  /** All columns are one piece, or as many as have halves in common. */
  void takeAll() {
    if (form.superBlocks) {
      takePiece();
    } else {
      a.move(PIECE_BLOCKS, BLOCKS);
    }
  }

  /** A piece is so small that all strips find it in the first-level cache. */
  void takePiece() {
    a.set(PIECE_BLOCKS, PIECE);
    a.minimum(PIECE_BLOCKS, BLOCKS);
  }

  /** Goes to the first block of the piece. */
  void startStrip() {
    a.move(TILE, PIECE_TILE);
    a.move(RECORD, PIECE_RECORD);
    a.move(LEFT, PIECE_BLOCKS);
  }

  /** Does something with each group of the piece's blocks, named by its number in the block. */
  void blocks(IntConsumer group) {
    int block = a.here();
    for (int i = 0; i < groupsOfBlock; i++) {
      if (rows == 1) {
        prefetch(i);
      }
      group.accept(i);
    }
    a.add(TILE, groupsOfBlock * form.step);
    a.add(RECORD, RecordRows.BYTES);
    a.subtract(LEFT, 1);
    a.jumpIfNotZero(block);
  }

  /**
   * Weights that one row alone is multiplied with come from memory, and some processors do not
   * fetch enough of them by themselves. Behind the band is the next one.
   */
  private void prefetch(int group) {
    int ahead = form.head + group * form.step + AHEAD;
    for (int line = 0; line < form.step; line += LINE) {
      a.prefetch(Memory.at(TILE, ahead + line));
    }
  }

  /** A place in a row's record of the block. */
  Memory record(int row, int offset) {
    return new Memory(pointer(row), RECORD, offset);
  }

  /** Where in a record minus the sum of a group's quantised values is. */
  int negative(int group) {
    return groupsOfBlock == 1 ? RecordRows.NEGATIVE : RecordRows.NEGATIVE_HALF + 4 * group;
  }

  /** Where in a record the sum of a group's values is. */
  int floatSum(int group) {
    return groupsOfBlock == 1 ? RecordRows.FLOAT_SUM : RecordRows.FLOAT_SUM_HALF + 4 * group;
  }

  /** Where from {@link #TILE} on the scales of a group are. */
  int scales(int group) {
    return form.head + group * form.step + form.weightBytes;
  }

  /** Where from {@link #TILE} on the centres of a group are. */
  int centres(int group) {
    return scales(group) + form.scaleBytes;
  }

  /** Whether weights have bits besides those that {@link Places} keeps low. */
  boolean hasHighBits() {
    return Places.lowBits(form.bits) < form.bits;
  }

  /**
   * Four columns of a group.
   *
   * @param record where in a record their quantised values are
   * @param low plane of the weights' low bits, in bytes from {@link #TILE} on
   * @param lowBit first of them in each byte
   * @param high plane of the weights' high bits, if there are any
   * @param highBit first of them in each byte
   */
  record Columns(int record, int low, int lowBit, int high, int highBit) {}

  /** The columns of a group in their order. */
  List<Columns> columns(int group) {
    int low = Places.lowBits(form.bits);
    int parts = Byte.SIZE / low;
    int planes = form.group * low / Integer.SIZE;
    int tile = form.head + group * form.step;
    List<Columns> columns = new ArrayList<>();
    for (int plane = 0; plane < planes; plane++) {
      for (int part = 0; part < parts; part++) {
        columns.add(
            new Columns(
                group * form.group + (plane * parts + part) * 4,
                tile + plane * (int) Dots.PLANE,
                part * low,
                tile + planes * (int) Dots.PLANE,
                plane * (form.bits - low) + part * 4));
      }
    }
    return columns;
  }
}
