// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the elements of a tensor are stored. Quantised types store {@link #blockSize()} consecutive
 * elements of a row in {@link #blockBytes()} bytes; every other type is the case of one element to
 * a block, but for the packed floats of safetensors.
 *
 * <p>Types that no kernel here can multiply with are listed too, so that a file that holds them can
 * be inspected.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>
 * @see <a href="https://github.com/huggingface/safetensors#format">safetensors</a>
 */
public enum TensorType {
  /** IEEE 754 single precision. */
  F32(0, true, 1, 4),
  /** IEEE 754 half precision. */
  F16(1, true, 1, 2),
  /** The upper half of a single-precision float. */
  BF16(30, true, 1, 2),
  /** 32 elements of 4 bits, centred on 8, with an F16 scale. */
  Q4_0(2, false, 32, 18),
  /** 32 elements of 4 bits with an F16 scale and minimum. */
  Q4_1(3, false, 32, 20),
  /** 32 elements of 5 bits, centred on 16, with an F16 scale. */
  Q5_0(6, false, 32, 22),
  /** 32 elements of 5 bits with an F16 scale and minimum. */
  Q5_1(7, false, 32, 24),
  /** 32 signed bytes with an F16 scale. */
  Q8_0(8, false, 32, 34),
  /** 256 elements of 2 bits in 16 groups with 4-bit scales and minima. */
  Q2_K(10, false, 256, 84),
  /** 256 elements of 3 bits, centred on 4, in 16 groups with 6-bit scales. */
  Q3_K(11, false, 256, 110),
  /** 256 elements of 4 bits in 8 groups with 6-bit scales and minima. */
  Q4_K(12, false, 256, 144),
  /** 256 elements of 5 bits in 8 groups with 6-bit scales and minima. */
  Q5_K(13, false, 256, 176),
  /** 256 elements of 6 bits, centred on 32, in 16 groups with 8-bit scales. */
  Q6_K(14, false, 256, 210),

  /** Codebook type of 1.56 bits. */
  IQ1_S(19, false, 256, 50),
  /** Codebook type of 1.75 bits. */
  IQ1_M(29, false, 256, 56),
  /** Codebook type of 2.06 bits. */
  IQ2_XXS(16, false, 256, 66),
  /** Codebook type of 2.31 bits. */
  IQ2_XS(17, false, 256, 74),
  /** Codebook type of 2.56 bits. */
  IQ2_S(22, false, 256, 82),
  /** Codebook type of 3.06 bits. */
  IQ3_XXS(18, false, 256, 98),
  /** Codebook type of 3.44 bits. */
  IQ3_S(21, false, 256, 110),
  /** 32 elements of 4 bits that index a table of unequal steps. */
  IQ4_NL(20, false, 32, 18),
  /** 256 elements of 4 bits that index a table of unequal steps. */
  IQ4_XS(23, false, 256, 136),
  /** Ternary elements, five to a byte. */
  TQ1_0(34, false, 256, 54),
  /** Ternary elements, four to a byte. */
  TQ2_0(35, false, 256, 66),
  /** 32 floats of 4 bits with a power of two as scale. */
  MXFP4(39, false, 32, 17),
  /** 64 floats of 4 bits with four 8-bit float scales. */
  NVFP4(40, false, 64, 36),

  /** 128 elements of one bit with an F16 scale. */
  Q1_0(41, false, 128, 18),
  /** 32 signed bytes with an F16 scale and the scaled sum; a type of activations. */
  Q8_1(9, false, 32, 36),
  /** 256 signed bytes with an F32 scale and sums; a type of activations. */
  Q8_K(15, false, 256, 292),

  /** Signed bytes. */
  I8(24, true, 1, 1),
  /** Signed 16-bit integers. */
  I16(25, true, 1, 2),
  /** Signed 32-bit integers. */
  I32(26, true, 1, 4),
  /** Signed 64-bit integers. */
  I64(27, true, 1, 8),
  /** IEEE 754 double precision. */
  F64(28, true, 1, 8),
  /** Bytes that are 0 or 1. */
  BOOL(-1, true, 1, 1),
  /** Unsigned bytes. */
  U8(-1, true, 1, 1),
  /** Unsigned 16-bit integers. */
  U16(-1, true, 1, 2),
  /** Unsigned 32-bit integers. */
  U32(-1, true, 1, 4),
  /** Unsigned 64-bit integers. */
  U64(-1, true, 1, 8),
  /** Complex numbers of two single-precision floats. */
  C64(-1, true, 1, 8),
  /** Floats of 4 bits, two to a byte. */
  F4(-1, true, 2, 1),
  /** Floats of 6 bits, 2 of them exponent, four to three bytes. */
  F6_E2M3(-1, true, 4, 3),
  /** Floats of 6 bits, 3 of them exponent, four to three bytes. */
  F6_E3M2(-1, true, 4, 3),
  /** Floats of 8 bits with a 4-bit exponent. */
  F8_E4M3(-1, true, 1, 1),
  /** Floats of 8 bits with a 5-bit exponent. */
  F8_E5M2(-1, true, 1, 1),
  /** Powers of two: an 8-bit exponent alone. */
  F8_E8M0(-1, true, 1, 1),

  /** 32 integers of 4 bits with an F32 scale; no file has it, packed tensors are given so. */
  INT4(-1, false, 32, 36),
  /** 32 integers of 5 bits with an F32 scale; no file has it, packed tensors are given so. */
  INT5(-1, false, 32, 36),
  /** 32 integers of 8 bits with an F32 scale; no file has it, packed tensors are given so. */
  INT8(-1, false, 32, 36),

  /** An F32 scale and 128 F8_E4M3; no file has it, scaled tensors are given so. */
  E4M3_128(-1, false, 128, 132),
  /** An F32 scale and 32 F8_E4M3; no file has it, scaled tensors are given so. */
  E4M3_32(-1, false, 32, 36),
  /** An F32 scale and 128 F8_E5M2; no file has it, scaled tensors are given so. */
  E5M2_128(-1, false, 128, 132),
  /** An F32 scale and 32 F8_E5M2; no file has it, scaled tensors are given so. */
  E5M2_32(-1, false, 32, 36);

  private static final TensorType[] VALUES = values();

  private final int ggufId;
  private final boolean safetensors;
  private final int blockSize;
  private final int blockBytes;

  TensorType(int ggufId, boolean safetensors, int blockSize, int blockBytes) {
    this.ggufId = ggufId;
    this.safetensors = safetensors;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** Elements in one block; rows of a tensor are whole blocks. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes of one block. */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * The bytes that elements take up.
   *
   * @param elements a multiple of {@link #blockSize()}, 0 or more
   * @throws IllegalArgumentException if the elements are no whole number of blocks
   * @throws ArithmeticException if the result does not fit a {@code long}
   */
  public long bytes(long elements) {
    if (elements < 0 || elements % blockSize != 0) {
      throw new IllegalArgumentException(
          elements + " elements are no whole number of blocks of " + blockSize + " (" + this + ")");
    }
    return Math.multiplyExact(elements / blockSize, (long) blockBytes);
  }

  /** Whether elements share scales, so that a single one cannot be addressed. */
  public boolean isQuantized() {
    return blockSize > 1 && !safetensors;
  }

  /** Whether weights of this type can be computed with here. */
  public boolean isSupported() {
    return switch (this) {
      case F32, F16, BF16 -> true;
      default -> BlockDecoder.of(this).isPresent() || Float8.of(this).isPresent();
    };
  }

  /**
   * The type with an id of the GGUF format; empty for ids that are unknown or were withdrawn.
   *
   * @param id the id, as the file has it
   */
  public static Optional<TensorType> ofGgufId(int id) {
    for (TensorType type : VALUES) {
      if (type.ggufId == id && id >= 0) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /**
   * The type with a name of the safetensors format; empty for names that are unknown.
   *
   * @param dtype the name, such as {@code BF16}
   */
  public static Optional<TensorType> ofSafetensors(String dtype) {
    for (TensorType type : VALUES) {
      if (type.safetensors && type.name().equals(dtype)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The names of all supported types that a file can have, for messages. */
  public static String supportedNames() {
    return Stream.of(VALUES)
        .filter(type -> type.isSupported() && (type.ggufId >= 0 || type.safetensors))
        .map(TensorType::name)
        .collect(Collectors.joining(", "));
  }
}
