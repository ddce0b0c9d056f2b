// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;

/**
 * Writes x86-64 machine code: the few instructions that the matrix kernels need, with 512-bit
 * vectors in the EVEX encoding or 256-bit vectors in the VEX encoding (Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2, sections 2.3 and 2.7).
 */
final class Assembler {

  // General registers by their numbers. Those from RBX on, but for R8 to R11, belong to the caller.
  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int R8 = 8;
  static final int R9 = 9;
  static final int R10 = 10;
  static final int R11 = 11;
  static final int R12 = 12;
  static final int R13 = 13;
  static final int R14 = 14;
  static final int R15 = 15;

  /** The address {@code base + disp}, or {@code base + index + disp}. */
  record Memory(int base, int index, int disp) {

    static final int NONE = -1;

    static Memory at(int base, int disp) {
      return new Memory(base, NONE, disp);
    }

    Memory plus(int bytes) {
      return new Memory(base, index, disp + bytes);
    }
  }

  // Prefix classes and opcode maps, as the vector encodings number them.
  private static final int P_NONE = 0;
  private static final int P_66 = 1;
  private static final int MAP_0F = 1;
  private static final int MAP_0F38 = 2;
  private static final int MAP_0F3A = 3;

  private static final int UNUSED = 0;

  private final boolean wide;
  private byte[] code = new byte[1 << 12];
  private int size;

  /**
   * Starts empty code.
   *
   * @param bits width of vectors, 512 or 256
   */
  Assembler(int bits) {
    wide = bits == 512;
  }

  /** The code so far. */
  byte[] code() {
    return Arrays.copyOf(code, size);
  }

  /** Where the next instruction goes; a target for {@link #jumpIfNotZero}. */
  int here() {
    return size;
  }

  private void put(int value) {
    if (size == code.length) {
      code = Arrays.copyOf(code, 2 * size);
    }
    code[size++] = (byte) value;
  }

  private void putInt(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      put(value >> shift);
    }
  }

  // ------------------------------------------------------------ general registers

  void push(int register) {
    if (register >= 8) {
      put(0x41);
    }
    put(0x50 + (register & 7));
  }

  void pop(int register) {
    if (register >= 8) {
      put(0x41);
    }
    put(0x58 + (register & 7));
  }

  void ret() {
    put(0xc3);
  }

  private void wideOperation(int opcode, int reg, int rm) {
    put(0x48 | (reg >> 3) << 2 | rm >> 3);
    put(opcode);
    put(0xc0 | (reg & 7) << 3 | (rm & 7));
  }

  /** {@code to = from}. */
  void move(int to, int from) {
    wideOperation(0x89, from, to);
  }

  /** {@code to = memory}, 64 bits. */
  void load(int to, Memory from) {
    put(0x48 | (to >> 3) << 2 | from.base >> 3);
    put(0x8b);
    operand(to, from, 1);
  }

  /** {@code register += value}; sets the flags. */
  void add(int register, int value) {
    wideOperation(0x81, 0, register);
    putInt(value);
  }

  /** {@code register -= value}; sets the flags. */
  void subtract(int register, int value) {
    wideOperation(0x81, 5, register);
    putInt(value);
  }

  /** {@code register -= other}; sets the flags. */
  void subtractRegister(int register, int other) {
    wideOperation(0x29, other, register);
  }

  /** {@code register = value}. */
  void set(int register, int value) {
    wideOperation(0xc7, 0, register);
    putInt(value);
  }

  /** {@code register = min(register, other)} as signed numbers. */
  void minimum(int register, int other) {
    wideOperation(0x39, other, register);
    // Conditional move if greater.
    put(0x48 | (register >> 3) << 2 | other >> 3);
    put(0x0f);
    put(0x4f);
    put(0xc0 | (register & 7) << 3 | (other & 7));
  }

  /** Brings a line of memory into the second-level cache; no harm where there is no memory. */
  void prefetch(Memory line) {
    if (line.base >= 8) {
      put(0x41);
    }
    put(0x0f);
    put(0x18);
    operand(2, line, 1);
  }

  /** Goes back to a place unless the last result was zero. */
  void jumpIfNotZero(int target) {
    put(0x0f);
    put(0x85);
    putInt(target - (size + 4));
  }

  // ---------------------------------------------------------------------- vectors

  /** The rest of an instruction: how the memory is addressed. */
  private void operand(int reg, Memory memory, int unit) {
    boolean indexed = memory.index != Memory.NONE;
    boolean scaled = memory.disp % unit == 0;
    int small = scaled ? memory.disp / unit : Integer.MAX_VALUE;
    boolean one = small >= Byte.MIN_VALUE && small <= Byte.MAX_VALUE;
    int low = indexed || (memory.base & 7) == RSP ? RSP : memory.base & 7;
    put((one ? 0x40 : 0x80) | (reg & 7) << 3 | low);
    if (low == RSP) {
      put((indexed ? memory.index & 7 : RSP) << 3 | (memory.base & 7));
    }
    if (one) {
      put(small);
    } else {
      putInt(memory.disp);
    }
  }

  private static int not(int bit) {
    return (bit & 1) ^ 1;
  }

  private void prefix(int map, int p, int reg, int v, int x, int b, boolean broadcast) {
    if (wide) {
      put(0x62);
      put(not(reg >> 3) << 7 | not(x) << 6 | not(b) << 5 | not(reg >> 4) << 4 | map);
      put((~v & 15) << 3 | 4 | p);
      put(0x40 | (broadcast ? 0x10 : 0) | not(v >> 4) << 3);
    } else {
      put(0xc4);
      put(not(reg >> 3) << 7 | not(x) << 6 | not(b) << 5 | map);
      put((~v & 15) << 3 | 4 | p);
    }
  }

  private void registers(int map, int p, int opcode, int reg, int v, int rm) {
    prefix(map, p, reg, v, wide ? rm >> 4 : 0, rm >> 3, false);
    put(opcode);
    put(0xc0 | (reg & 7) << 3 | (rm & 7));
  }

  private void memory(int map, int p, int opcode, int reg, int v, Memory from, int unit) {
    boolean broadcast = wide && unit == Integer.BYTES && opcode != 0x18 && opcode != 0x58;
    int index = from.index == Memory.NONE ? 0 : from.index >> 3;
    prefix(map, p, reg, v, index, from.base >> 3, broadcast);
    put(opcode);
    operand(reg, from, wide ? unit : 1);
  }

  private int bytes() {
    return wide ? 64 : 32;
  }

  /** {@code to = memory}, a vector. */
  void load(Vector to, Memory from) {
    memory(MAP_0F, P_NONE, 0x10, to.number, UNUSED, from, bytes());
  }

  /** {@code memory = from}, a vector. */
  void store(Memory to, Vector from) {
    memory(MAP_0F, P_NONE, 0x11, from.number, UNUSED, to, bytes());
  }

  /** {@code to = from}. */
  void copy(Vector to, Vector from) {
    registers(MAP_0F, P_NONE, 0x28, to.number, UNUSED, from.number);
  }

  /** {@code to = memory}, 32 bits in every lane. */
  void broadcast(Vector to, Memory from) {
    memory(MAP_0F38, P_66, 0x58, to.number, UNUSED, from, Integer.BYTES);
  }

  /** {@code to = a & memory}. */
  void and(Vector to, Vector a, Memory from) {
    memory(MAP_0F, P_66, 0xdb, to.number, a.number, from, bytes());
  }

  /** {@code to = a & b}. */
  void and(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_66, 0xdb, to.number, a.number, b.number);
  }

  /** {@code to = a | b}. */
  void or(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_66, 0xeb, to.number, a.number, b.number);
  }

  /** {@code to = a ^ memory}. */
  void xor(Vector to, Vector a, Memory from) {
    memory(MAP_0F, P_66, 0xef, to.number, a.number, from, bytes());
  }

  /** {@code to = a ^ b}. */
  void xor(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_66, 0xef, to.number, a.number, b.number);
  }

  /** What is done to each 32 bits by a shift; the number is a part of the instruction. */
  enum Shift {
    RIGHT(2),
    RIGHT_SIGNED(4),
    LEFT(6);

    private final int extension;

    Shift(int extension) {
      this.extension = extension;
    }
  }

  /** {@code to = from shifted}. */
  void shift(Shift shift, Vector to, Vector from, int bits) {
    registers(MAP_0F, P_66, 0x72, shift.extension, to.number, from.number);
    put(bits);
  }

  /** {@code to = memory shifted}; 512-bit vectors only. */
  void shift(Shift shift, Vector to, Memory from, int bits) {
    memory(MAP_0F, P_66, 0x72, shift.extension, to.number, from, bytes());
    put(bits);
  }

  /** {@code to = 32 bits of memory in every lane, shifted}; 512-bit vectors only. */
  void shiftBroadcast(Shift shift, Vector to, Memory from, int bits) {
    memory(MAP_0F, P_66, 0x72, shift.extension, to.number, from, Integer.BYTES);
    put(bits);
  }

  /** {@code to |= a & b}; 512-bit vectors only. */
  void orAnd(Vector to, Vector a, Vector b) {
    registers(MAP_0F3A, P_66, 0x25, to.number, a.number, b.number);
    put(0xf8);
  }

  /**
   * {@code to[i] += sum of four products} of the unsigned bytes of {@code a} with signed bytes, the
   * same four in every lane; needs AVX512-VNNI.
   */
  void dotBytes(Vector to, Vector a, Memory four) {
    memory(MAP_0F38, P_66, 0x50, to.number, a.number, four, Integer.BYTES);
  }

  /** {@code to = sums of two neighbouring products} of unsigned bytes with signed bytes. */
  void multiplyAddBytes(Vector to, Vector unsigned, Vector signed) {
    registers(MAP_0F38, P_66, 0x04, to.number, unsigned.number, signed.number);
  }

  /** {@code to = sums of two neighbouring products} of shorts. */
  void multiplyAddShorts(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_66, 0xf5, to.number, a.number, b.number);
  }

  /** {@code to = a + b}, shorts. */
  void addShorts(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_66, 0xfd, to.number, a.number, b.number);
  }

  /** {@code to = a + b}, ints. */
  void addInts(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_66, 0xfe, to.number, a.number, b.number);
  }

  /** {@code to = magnitudes of a}, bytes. */
  void magnitudes(Vector to, Vector a) {
    registers(MAP_0F38, P_66, 0x1c, to.number, UNUSED, a.number);
  }

  /** {@code to = a times the signs of b}, bytes; 256-bit vectors only. */
  void signs(Vector to, Vector a, Vector b) {
    registers(MAP_0F38, P_66, 0x08, to.number, a.number, b.number);
  }

  /** {@code to = ints of from as floats}. */
  void floats(Vector to, Vector from) {
    registers(MAP_0F, P_NONE, 0x5b, to.number, UNUSED, from.number);
  }

  /** {@code to = a * b}, floats. */
  void multiply(Vector to, Vector a, Vector b) {
    registers(MAP_0F, P_NONE, 0x59, to.number, a.number, b.number);
  }

  /** {@code to = a * memory}, floats. */
  void multiply(Vector to, Vector a, Memory from) {
    memory(MAP_0F, P_NONE, 0x59, to.number, a.number, from, bytes());
  }

  /** {@code to = a * memory}, floats, 32 bits of memory in every lane; 512-bit vectors only. */
  void multiplyBroadcast(Vector to, Vector a, Memory from) {
    memory(MAP_0F, P_NONE, 0x59, to.number, a.number, from, Integer.BYTES);
  }

  /** {@code to += a * b}, floats, rounded once. */
  void multiplyAdd(Vector to, Vector a, Vector b) {
    registers(MAP_0F38, P_66, 0xb8, to.number, a.number, b.number);
  }

  /** Ends the use of 256-bit registers, so that older code is not slowed down. */
  void clearUpperHalves() {
    put(0xc5);
    put(0xf8);
    put(0x77);
  }

  /** A vector register. */
  record Vector(int number) {}
}
