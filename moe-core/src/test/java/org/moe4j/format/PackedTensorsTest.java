// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.MixtureException;

/** Tensors that stand for several stored ones, by numbers that can be checked by hand. */
class PackedTensorsTest {

  private static TensorData tensor(String name, TensorType type, Object array, long... shape) {
    MemorySegment data =
        switch (array) {
          case byte[] bytes -> MemorySegment.ofArray(bytes);
          case int[] ints -> MemorySegment.ofArray(ints);
          case long[] longs -> MemorySegment.ofArray(longs);
          case float[] floats -> MemorySegment.ofArray(floats);
          default -> throw new IllegalArgumentException(name);
        };
    return TensorData.of("file", name, type, data, shape);
  }

  private static Map<String, TensorData> read(Map<String, Object> settings, TensorData... stored) {
    Map<String, TensorData> all = new LinkedHashMap<>();
    for (TensorData tensor : stored) {
      all.put(tensor.name(), tensor);
    }
    return PackedTensors.read(
        Config.of("config.json", Map.of("quantization_config", settings)), all);
  }

  private static float[] values(TensorData tensor) {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    Dequantizer.row(tensor.type(), tensor.data(), 0, values, 0, values.length);
    return values;
  }

  /** The files that torch and transformers wrote. */
  private static Map<String, TensorData> reference(String name) throws IOException {
    Path file = Path.of("src", "test", "resources", "packed", name);
    Map<String, TensorData> all = new LinkedHashMap<>();
    for (TensorData tensor :
        SafetensorsFile.parse(name, MemorySegment.ofArray(Files.readAllBytes(file))).tensors()) {
      all.put(tensor.name(), tensor);
    }
    return all;
  }

  @Test
  void floatsOfEightBitsAreThoseOfTorch() throws IOException {
    Map<String, TensorData> all = reference("fp8.safetensors");
    byte[] every = new byte[256];
    for (int i = 0; i < 256; i++) {
      every[i] = (byte) i;
    }
    assertArrayEquals(values(all.get("e4m3")), values(tensor("x", TensorType.F8_E4M3, every, 256)));
    assertArrayEquals(values(all.get("e5m2")), values(tensor("x", TensorType.F8_E5M2, every, 256)));
  }

  @Test
  void blocksOfGptOssAreThoseOfTransformers() throws IOException {
    Map<String, TensorData> all = reference("mxfp4.safetensors");
    float[] expected = values(all.remove("values"));
    TensorData x =
        read(Map.of("quant_method", "mxfp4"), all.values().toArray(new TensorData[0])).get("x");
    assertEquals(TensorType.MXFP4, x.type());
    assertArrayEquals(new long[] {2, 3, 128}, x.shape());
    // The reference keeps the sign of a zero.
    assertArrayEquals(expected, values(x), 0);
    assertArrayEquals(
        Arrays.copyOfRange(expected, 3 * 128 + 128, 3 * 128 + 256),
        values(x.slice(1).rows(1, 2)),
        0);
  }

  private static final Map<String, Object> GPTQ =
      Map.of("quant_method", "gptq", "bits", 4, "group_size", 32, "sym", true);

  private static TensorData[] gptq(int zeros) {
    float[] scales = new float[8];
    Arrays.fill(scales, 0.5f);
    int[] words = new int[4 * 8];
    // Row 2: column 0 is 1, column 9 is 15.
    words[2] = 1;
    words[8 + 2] = 15 << 4;
    return new TensorData[] {
      tensor("a.qweight", TensorType.I32, words, 4, 8),
      tensor("a.qzeros", TensorType.I32, new int[] {zeros}, 1, 1),
      tensor("a.scales", TensorType.F32, scales, 1, 8),
    };
  }

  @Test
  void theFirstVersionOfGptqStoresZerosLessOne() {
    TensorData a = read(GPTQ, gptq(0x77777777)).get("a.weight");
    assertEquals(TensorType.INT4, a.type());
    assertArrayEquals(new long[] {8, 32}, a.shape());
    float[] row = values(a.rows(2, 3));
    assertEquals(-3.5f, row[0]);
    assertEquals(-4, row[1]);
    assertEquals(3.5f, row[9]);
  }

  @Test
  void aSymmetricConfigIsHeldToItsWord() {
    TensorData a = read(GPTQ, gptq(0x00000000)).get("a.weight");
    FormatFiles.refused(
        MixtureException.BadFile.class, () -> values(a), "a: row 2, column 9 is 14", "-8 to 7");
  }

  @Test
  void columnsInAnyOrderOfGroupsBecomeFloats() {
    int[] groups = new int[32];
    float[] scales = new float[16];
    for (int i = 0; i < 16; i++) {
      scales[i] = i < 8 ? 1 : 2;
      groups[2 * i] = 1;
    }
    int[] words = new int[4 * 8];
    Arrays.fill(words, 0x99999999);
    TensorData a =
        read(
                Map.of("quant_method", "gptq", "bits", 4, "group_size", 16, "sym", true),
                tensor("a.qweight", TensorType.I32, words, 4, 8),
                tensor("a.qzeros", TensorType.I32, new int[] {0x77777777, 0x77777777}, 2, 1),
                tensor("a.scales", TensorType.F32, scales, 2, 8),
                tensor("a.g_idx", TensorType.I32, groups, 32))
            .get("a.weight");
    assertEquals(TensorType.F32, a.type());
    assertArrayEquals(new float[] {2, 1, 2, 1}, Arrays.copyOf(values(a), 4));
  }

  @Test
  void scalesHoldForBlocksOfRowsAndColumns() {
    byte[] ones = new byte[3 * 5];
    Arrays.fill(ones, (byte) 0x38);
    Map<String, TensorData> all =
        read(
            Map.of("quant_method", "fp8", "weight_block_size", List.of(2L, 4L)),
            tensor("a.weight", TensorType.F8_E4M3, ones, 3, 5),
            tensor("a.weight_scale_inv", TensorType.F32, new float[] {1, 2, 3, 4}, 2, 2),
            tensor("a.input_scale", TensorType.F32, new float[] {9}, 1),
            tensor("b.weight", TensorType.F32, new float[] {7}, 1, 1));
    assertEquals(List.of("b.weight", "a.weight"), List.copyOf(all.keySet()));
    assertArrayEquals(
        new float[] {1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4}, values(all.get("a.weight")));
  }

  @Test
  void blocksOf128ColumnsStayFloatsOf8Bits() {
    for (TensorType type : List.of(TensorType.F8_E4M3, TensorType.F8_E5M2)) {
      byte[] stored = new byte[3 * 256];
      for (int i = 0; i < stored.length; i++) {
        stored[i] = (byte) (i % 120);
      }
      float[] scales = {0.1f, 0.2f, 0.3f, 0.4f};
      TensorData weight = tensor("a.weight", type, stored, 3, 256);
      TensorData a =
          read(
                  Map.of("quant_method", "fp8", "weight_block_size", List.of(2L, 128L)),
                  weight,
                  tensor("a.weight_scale_inv", TensorType.F32, scales, 2, 2))
              .get("a.weight");
      assertEquals(
          type == TensorType.F8_E4M3 ? TensorType.E4M3_128 : TensorType.E5M2_128, a.type());
      float[] expected = values(weight);
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= scales[i / 512 * 2 + i % 256 / 128];
      }
      assertArrayEquals(expected, values(a));
      assertArrayEquals(Arrays.copyOfRange(expected, 512, 768), values(a.rows(2, 3)));
    }
  }

  @Test
  void narrowBlocksAreGivenInBlocksOf32() {
    TensorData a =
        read(
                Map.of("quant_method", "fp8", "weight_block_size", List.of(1L, 64L)),
                tensor("a.weight", TensorType.F8_E4M3, new byte[128], 1, 128),
                tensor("a.weight_scale_inv", TensorType.F32, new float[] {1, 2}, 1, 2))
            .get("a.weight");
    assertEquals(TensorType.E4M3_32, a.type());
  }

  @Test
  void scaledBytesBecomeIntegers() {
    byte[] stored = new byte[64];
    Arrays.fill(stored, (byte) -3);
    TensorData a =
        read(
                Map.of(
                    "quant_method",
                    "compressed-tensors",
                    "format",
                    "int-quantized",
                    "config_groups",
                    Map.of("group_0", Map.of("weights", Map.of("num_bits", 8)))),
                tensor("a.weight", TensorType.I8, stored, 2, 32),
                tensor("a.weight_scale", TensorType.F32, new float[] {0.5f, 2}, 2, 1))
            .get("a.weight");
    assertEquals(TensorType.INT8, a.type());
    assertEquals(-1.5f, values(a)[31]);
    assertEquals(-6, values(a)[32]);
  }

  @Test
  void stacksHaveGridsOfTheirOwn() {
    byte[] ones = new byte[2 * 2 * 2];
    Arrays.fill(ones, (byte) 0x38);
    TensorData a =
        read(
                Map.of("quant_method", "fp8"),
                tensor("a", TensorType.F8_E4M3, ones, 2, 2, 2),
                tensor("a_scale_inv", TensorType.F32, new float[] {1, 2, 3, 4}, 2, 2))
            .get("a");
    assertArrayEquals(new float[] {3, 3, 4, 4}, values(a.slice(1)));
  }

  @Test
  void wholeNumbersBesideAPowerOfTwoKeepTheirBits() {
    TensorData a =
        TensorData.of("file", "a", TensorType.INT8, MemorySegment.ofArray(new byte[36]), 1, 32);
    assertArrayEquals(new float[32], values(a));
    byte[] block = new byte[36];
    MemorySegment.ofArray(block).set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, 0.25f);
    block[4] = -128;
    block[35] = 127;
    float[] values =
        values(TensorData.of("file", "a", TensorType.INT8, MemorySegment.ofArray(block), 1, 32));
    assertEquals(-32, values[0]);
    assertEquals(31.75f, values[31]);
  }

  @Test
  void partsThatAreMissingOrDoNotFitAreNamed() {
    TensorData[] parts = gptq(0x77777777);
    FormatFiles.refused(
        MixtureException.BadFile.class,
        () -> read(GPTQ, parts[0], parts[2]),
        "a.qzeros",
        "missing");
    TensorData scales = tensor("a.scales", TensorType.F32, new float[16], 2, 8);
    FormatFiles.refused(
        MixtureException.BadFile.class,
        () -> read(GPTQ, parts[0], parts[1], scales),
        "a.scales",
        "expected shape [1, 8], found [2, 8]");
    int[] groups = new int[32];
    groups[5] = 1;
    FormatFiles.refused(
        MixtureException.BadFile.class,
        () ->
            read(GPTQ, parts[0], parts[1], parts[2], tensor("a.g_idx", TensorType.I32, groups, 32)),
        "a.g_idx",
        "expected groups from 0 to 0, found 1");
    FormatFiles.refused(
        MixtureException.BadFile.class,
        () ->
            read(
                Map.of("quant_method", "fp8", "weight_block_size", List.of(2L, 4L)),
                tensor("a.weight", TensorType.F8_E4M3, new byte[15], 3, 5),
                tensor("a.weight_scale_inv", TensorType.F32, new float[6], 2, 3)),
        "a.weight_scale_inv",
        "[2, 3]");
    FormatFiles.refused(
        MixtureException.BadFile.class,
        () ->
            read(
                Map.of("quant_method", "mxfp4"),
                tensor("a_blocks", TensorType.U8, new byte[32], 2, 1, 16),
                tensor("a_scales", TensorType.U8, new byte[1], 1, 1)),
        "a_blocks");
  }

  @Test
  void aShapeThatIsNoShapeIsRefused() {
    for (long[] shape : new long[][] {{0, 8}, {-1, 8}, {8, 1L << 40}}) {
      FormatFiles.refused(
          MixtureException.BadFile.class,
          () ->
              read(
                  Map.of(
                      "quant_method",
                      "compressed-tensors",
                      "format",
                      "pack-quantized",
                      "config_groups",
                      Map.of(
                          "group_0",
                          Map.of("weights", Map.of("num_bits", 4L, "strategy", "channel")))),
                  tensor("a.weight_packed", TensorType.I32, new int[8], 8, 1),
                  tensor("a.weight_scale", TensorType.F32, new float[8], 8, 1),
                  tensor("a.weight_shape", TensorType.I64, shape, 2)),
          "a.weight_shape");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bitsandbytes", "hqq", "unknown"})
  void otherPackingsAreRefusedByName(String method) {
    FormatFiles.refused(
        MixtureException.Unsupported.class,
        () -> read(Map.of("quant_method", method)),
        "quantization_config",
        method,
        "fp8, mxfp4, gptq, awq, compressed-tensors");
  }

  @Test
  void settingsThatWouldChangeTheWeightsAreRefusedByName() {
    for (Map<String, Object> settings :
        List.<Map<String, Object>>of(
            Map.of("quant_method", "gptq", "bits", 3L),
            Map.of("quant_method", "gptq", "checkpoint_format", "marlin"),
            Map.of("quant_method", "awq", "version", "gemv"),
            Map.of("quant_method", "awq", "zero_point", false))) {
      FormatFiles.refused(
          MixtureException.Unsupported.class, () -> read(settings), "quantization_config");
    }
  }

  @Test
  void aDirectoryThatCannotBeUnpackedIsListedAsItIsStored() throws IOException {
    Path folder = Files.createTempDirectory("packed");
    FormatFiles.write(
        folder, "config.json", "{\"quantization_config\": {\"quant_method\": \"hqq\"}}");
    FormatFiles.write(
        folder,
        "model.safetensors",
        FormatFiles.safetensors(
            "{\"a.W_q\": {\"dtype\": \"U8\", \"shape\": [4], \"data_offsets\": [0, 4]}}", 4));
    try (ModelFile file = ModelFile.open(folder)) {
      assertTrue(file.find("a.W_q").isPresent());
      assertFalse(((SafetensorsDirectory) file).packingProblem().isEmpty());
    }
  }
}
