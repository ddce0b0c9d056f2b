// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.moe4j.format.FormatFiles.refused;
import static org.moe4j.format.FormatFiles.refusedGguf;
import static org.moe4j.format.GgufBytes.int32;
import static org.moe4j.format.GgufBytes.int64;
import static org.moe4j.format.GgufBytes.join;
import static org.moe4j.format.GgufBytes.string;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.MixtureException;

/**
 * Files that lie about themselves are refused by name, quickly and without allocating what they
 * claim.
 */
@Timeout(60)
class GgufHostileTest {

  private static final long HUGE = 1L << 60;

  private static GgufBytes gguf() {
    return new GgufBytes().text("general.architecture", "llama");
  }

  private static void unsupported(GgufBytes file, String... named) {
    byte[] bytes = file.build();
    refused(
        MixtureException.Unsupported.class,
        () -> GgufParser.parse("hostile.gguf", MemorySegment.ofArray(bytes)),
        named);
  }

  @Test
  void refusesWhatIsNoGguf() {
    refused(
        MixtureException.BadFile.class,
        () ->
            GgufParser.parse(
                "x", MemorySegment.ofArray("PK\3\4....".getBytes(StandardCharsets.US_ASCII))),
        "x: is no GGUF file",
        "0x504b0304");
    refused(
        MixtureException.BadFile.class,
        () -> GgufParser.parse("x", MemorySegment.ofArray(new byte[0])),
        "0 bytes are too few");
  }

  @Test
  void refusesOtherVersionsByName() {
    unsupported(gguf().version(1), "GGUF version 1", "versions 2 and 3");
    unsupported(gguf().version(4), "GGUF version 4");
    unsupported(gguf().version(Integer.reverseBytes(3)), "big-endian GGUF (version 3)");
    refusedGguf(gguf().version(0), "version", "expected 2 or 3, found 0");
    refusedGguf(gguf().version(-1), "found 4294967295");
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 17, HUGE, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void refusesMoreTensorsOrKeysThanFit(long count) {
    refusedGguf(gguf().claimTensors(count), "number of tensors", Long.toUnsignedString(count));
    refusedGguf(gguf().claimKeys(count), "number of keys", Long.toUnsignedString(count));
  }

  @Test
  void refusesMoreKeysThanAnyModelHas() {
    byte[] bytes = join(gguf().claimKeys(1 << 17).build(), new byte[13 << 17]);
    refused(
        MixtureException.BadFile.class,
        () -> GgufParser.parse("x", MemorySegment.ofArray(bytes)),
        "number of keys: expected at most 65536, found 131072");
  }

  @ParameterizedTest
  @ValueSource(longs = {1000, HUGE, Long.MAX_VALUE, -1, -8, Long.MIN_VALUE})
  void refusesStringsLongerThanTheFile(long length) {
    String shown = "needs " + Long.toUnsignedString(length) + " bytes";
    refusedGguf(gguf().key("general.name", 8, int64(length)), "general.name", shown);
    refusedGguf(gguf().key(int64(length), 8), "key 1", shown);
    refusedGguf(gguf().list("tokens", 8, 2, string("a"), int64(length)), "tokens", shown);
    refusedGguf(gguf().header(int64(length), 1, new long[] {1}, 0, 0), "name of tensor 0", shown);
  }

  @ParameterizedTest
  @ValueSource(longs = {1000, HUGE, (1L << 61) + 1, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void refusesListsLongerThanTheFile(long count) {
    for (int type = 0; type <= 12; type++) {
      refusedGguf(gguf().list("list", type, count), "list", Long.toUnsignedString(count));
    }
  }

  @Test
  void refusesListsThatNestTooDeep() {
    byte[] value = int64(0);
    for (int depth = 0; depth < 2000; depth++) {
      value = depth == 0 ? join(int32(4), value) : join(int32(9), int64(1), value);
    }
    refusedGguf(gguf().key("deep", 9, value), "deep: lists nest deeper than 4");
  }

  @Test
  void refusesMoreNestedListsThanAnyModelHas() {
    byte[] many = new byte[12 * 70_000];
    refusedGguf(gguf().list("wide", 9, 70_000, many), "wide: more than 65536 nested lists");
  }

  @Test
  void refusesUnknownValueTypes() {
    refusedGguf(
        gguf().key("odd", 13, int64(0)), "odd: expected a value type from 0 to 12, found 13");
    refusedGguf(gguf().key("odd", -1, int64(0)), "found 4294967295");
    refusedGguf(gguf().list("odd", 99, 1, int64(0)), "odd", "found 99");
  }

  @Test
  void refusesTruthValuesOtherThanZeroAndOne() {
    refusedGguf(gguf().key("flag", 7, new byte[] {2}), "flag", "found 2");
    refusedGguf(gguf().list("flags", 7, 2, new byte[] {1, -1}), "flags", "found -1");
  }

  @Test
  void refusesTheSameNameTwice() {
    refusedGguf(gguf().uint32("a", 1).uint32("a", 1), "a: is there twice");
    refusedGguf(
        gguf().zeros("t", TensorType.F32, 1).zeros("t", TensorType.F32, 1),
        "t: two tensors have this name");
  }

  @Test
  void refusesNamesThatGarbleMessages() {
    refusedGguf(gguf().uint32("", 1), "key 1: expected a name of 1 to 65536 characters, found 0");
    refusedGguf(gguf().uint32("a\nb", 1), "key 1", "control characters");
    refusedGguf(gguf().zeros("t\u001b[2J", TensorType.F32, 1), "tensor 0", "control characters");
    refusedGguf(gguf().uint32("x".repeat(70_000), 1), "found 70000");
    refusedGguf(gguf().key(join(int64(2), new byte[] {(byte) 0xc3, 'x'}), 4, int32(1)), "UTF-8");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3, 24, 0xffff_ffffL})
  void refusesAlignmentsThatAreNoPowerOfTwo(long alignment) {
    refusedGguf(
        gguf().uint32("general.alignment", alignment),
        "general.alignment: expected a power of two, found " + alignment);
  }

  @Test
  void refusesAlignmentsOfAnotherType() {
    refusedGguf(gguf().text("general.alignment", "32"), "general.alignment", "an integer");
    refusedGguf(gguf().key("general.alignment", 10, int64(Long.MIN_VALUE)), "general.alignment");
  }

  @Test
  void survivesTheLargestAlignment() {
    GgufBytes file = gguf().key("general.alignment", 10, int64(1L << 62));
    refusedGguf(
        file.header("t", TensorType.F32, 0, 1).data(64), "t: takes the bytes 0 to 4", "cut off");
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 1000, Integer.MAX_VALUE, -1})
  void refusesTooManyDimensions(int dimensions) {
    refusedGguf(
        gguf().header(string("t"), dimensions, new long[] {1, 1, 1, 1, 1}, 0, 0),
        "t: expected at most 4 dimensions, found " + Integer.toUnsignedString(dimensions));
  }

  @Test
  void refusesSizesOfZeroOrLess() {
    refusedGguf(
        gguf().header("t", TensorType.F32, 0, 4, 0),
        "t: expected sizes of 1 to 2^63 - 1",
        "[0, 4]");
    refusedGguf(gguf().header("t", TensorType.F32, 0, -4), "[-4]");
    refusedGguf(gguf().header("t", TensorType.F32, 0, 2, Long.MIN_VALUE), "t: expected sizes");
  }

  @Test
  void refusesShapesWhoseProductOverflows() {
    refusedGguf(gguf().header("t", TensorType.F32, 0, 1L << 62), "t: F32 of shape", "beyond 2^63");
    refusedGguf(gguf().header("t", TensorType.I8, 0, 1L << 32, 1L << 32), "beyond 2^63 bytes");
    refusedGguf(
        gguf().header("t", TensorType.I8, 0, 1L << 16, 1L << 16, 1L << 16, 1L << 16), "2^63");
    // 2^64 + 32 elements, and twice as many: 32 and 64 when the product wraps around.
    refusedGguf(gguf().header("t", TensorType.Q8_0, 0, 32, (1L << 59) + 1), "t", "beyond 2^63");
    refusedGguf(gguf().header("t", TensorType.Q8_0, 0, 32, (1L << 59) + 1, 2), "t", "beyond 2^63");
  }

  @Test
  void refusesRowsThatAreNoWholeBlocks() {
    refusedGguf(
        gguf().header("t", TensorType.Q4_0, 0, 16, 2).data(64),
        "t: expected rows of whole blocks of 32 (Q4_0), found 16 elements");
    refusedGguf(gguf().header("t", TensorType.Q6_K, 0, 128, 2).data(256), "blocks of 256 (Q6_K)");
  }

  @Test
  void refusesUnknownTensorTypesByTheirId() {
    for (int id : new int[] {4, 5, 31, 36, 42, 1000, -1, Integer.MIN_VALUE}) {
      unsupported(
          gguf().header(string("t"), 1, new long[] {32}, id, 0).data(64),
          "t: tensor type " + Integer.toUnsignedString(id) + " is not supported",
          "Q4_K");
    }
  }

  @Test
  void refusesOffsetsThatAreNotAligned() {
    refusedGguf(
        gguf().header("t", TensorType.F32, 4, 4).data(64),
        "t: expected an offset in the file that is a multiple of 32, found 4");
  }

  @ParameterizedTest
  @ValueSource(longs = {64, 1L << 40, Long.MAX_VALUE - 31, Long.MIN_VALUE, -32})
  void refusesTensorsBeyondTheFile(long offset) {
    refusedGguf(gguf().header("t", TensorType.F32, offset, 16).data(64), "t: ");
  }

  @Test
  void refusesTensorsThatEndBeyondTheFile() {
    refusedGguf(
        gguf().header("t", TensorType.F32, 32, 9).data(64),
        "t: takes the bytes 32 to 68 of the data, which has only 64 (is the file cut off?)");
    refusedGguf(gguf().header("t", TensorType.F32, 0, 1), "t: takes the bytes 0 to 4");
  }

  @Test
  void refusesTensorsThatShareBytes() {
    refusedGguf(
        gguf().header("a", TensorType.F32, 32, 8).header("b", TensorType.F32, 0, 9).data(64),
        "a: begins at byte 32 of the data, inside b, which ends at 36");
    refusedGguf(
        gguf().header("a", TensorType.F32, 0, 8).header("b", TensorType.F32, 0, 8).data(64),
        "inside a");
  }

  @Test
  void listsTypesItCannotComputeWith() {
    GgufBytes file = gguf().zeros("t", TensorType.IQ2_XXS, 256, 2).zeros("u", TensorType.Q1_0, 128);
    GgufParser.Part part = GgufParser.parse("x", MemorySegment.ofArray(file.build()));
    assertEquals(TensorType.IQ2_XXS, part.tensors().getFirst().type());
    assertEquals(132, part.tensors().getFirst().bytes());
    assertFalse(part.tensors().getLast().type().isSupported());
  }
}
