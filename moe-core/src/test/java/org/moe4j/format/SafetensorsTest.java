// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.moe4j.format.FormatFiles.fixture;
import static org.moe4j.format.FormatFiles.refused;
import static org.moe4j.format.FormatFiles.refusedSafetensors;
import static org.moe4j.format.FormatFiles.safetensors;
import static org.moe4j.format.FormatFiles.write;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.moe4j.MixtureException;

@Timeout(60)
class SafetensorsTest {

  private static final String ONE = tensor("t", "F32", "[2]", "[0, 8]");

  @TempDir private Path folder;

  @BeforeEach
  void writeConfig() {
    write(folder, "config.json", "{\"model_type\": \"olmoe\"}");
  }

  private static String tensor(String name, String dtype, String shape, String offsets) {
    return "{\"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": %s}}"
        .formatted(name, dtype, shape, offsets);
  }

  private static List<TensorData> parse(String header, int data) {
    return SafetensorsFile.parse("x", MemorySegment.ofArray(safetensors(header, data))).tensors();
  }

  private void badFolder(String... named) throws IOException {
    refused(MixtureException.BadFile.class, () -> ModelFile.open(folder).close(), named);
    FormatFiles.assertNothingOpen(folder);
  }

  @Test
  void readsTheShardedDirectoryOfTheReference() {
    try (ModelFile file = ModelFile.open(fixture("sharded"))) {
      assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, FormatFiles.floats(file.tensor("a", 2, 3)));
      assertArrayEquals(new float[] {0, 1, 2, 3}, FormatFiles.floats(file.tensor("b", 4)));
      assertEquals(TensorType.I32, file.tensor("c", 2, 3, 4).type());
      assertEquals(0, file.tensor("empty", 0, 3).bytes());
      assertArrayEquals(new float[] {7}, FormatFiles.floats(file.tensor("one")));
      assertEquals(5, file.tensors().size());
      assertEquals("qwen3_moe", file.config().text("model_type"));
      SafetensorsDirectory directory = assertInstanceOf(SafetensorsDirectory.class, file);
      assertArrayEquals(
          new int[] {1, 2}, directory.generationConfig().orElseThrow().ints("eos_token_id"));
      assertEquals(1e30, directory.tokenizerConfig().orElseThrow().number("model_max_length"));
      assertEquals(Optional.of("D"), file.chatTemplate());
      assertEquals(Optional.empty(), directory.tokenizerJson());
      assertEquals(Optional.empty(), directory.tiktokenModel());
    }
  }

  @Test
  void readsASingleFileWithWhatBelongsToIt() {
    write(folder, "model.safetensors", safetensors(ONE, 8));
    write(folder, "tokenizer.json", "{}");
    write(folder, "tiktoken.model", "YQ== 0");
    write(folder, "tokenizer_config.json", "{\"chat_template\": \"old\"}");
    write(folder, "chat_template.jinja", "new");
    try (ModelFile file = ModelFile.open(folder)) {
      assertEquals("olmoe", file.config().text("model_type"));
      assertEquals(8, file.tensor("t", 2).bytes());
      assertEquals(Optional.of("new"), file.chatTemplate());
      SafetensorsDirectory directory = assertInstanceOf(SafetensorsDirectory.class, file);
      assertEquals(Optional.of(folder.resolve("tokenizer.json")), directory.tokenizerJson());
      assertEquals(Optional.of("YQ== 0"), directory.tiktokenModel());
      assertEquals(Optional.empty(), directory.generationConfig());
    }
  }

  @Test
  void findsTheTemplateInEachPlace() throws IOException {
    write(folder, "model.safetensors", safetensors(ONE, 8));
    assertEquals(Optional.empty(), template("{}"));
    assertEquals(Optional.empty(), template("{\"chat_template\": null}"));
    assertEquals(Optional.of("x"), template("{\"chat_template\": \"x\"}"));
    assertEquals(
        Optional.of("x"),
        template("{\"chat_template\": [{\"name\": \"a\", \"template\": \"x\"}]}"));
    write(folder, "tokenizer_config.json", "{\"chat_template\": 3}");
    badFolder("tokenizer_config.json: chat_template: expected a string, found 3");
    Files.write(folder.resolve("chat_template.jinja"), new byte[] {(byte) 0xff});
    badFolder("chat_template.jinja: is not valid UTF-8");
  }

  private Optional<String> template(String tokenizerConfig) {
    write(folder, "tokenizer_config.json", tokenizerConfig);
    try (ModelFile file = ModelFile.open(folder)) {
      return file.chatTemplate();
    }
  }

  @Test
  void refusesDirectoriesThatAreNoModel() throws IOException {
    badFolder("has neither model.safetensors nor model.safetensors.index.json");
    write(folder, "config.json", "[]");
    badFolder("config.json: expected a JSON object");
    Files.delete(folder.resolve("config.json"));
    badFolder("is a directory without config.json");
    Files.createDirectory(folder.resolve("config.json"));
    badFolder("config.json: is a directory, expected a file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.safetensors",
        "/etc/passwd",
        "sub/part.safetensors",
        "..",
        ".",
        "",
        "a\\\\b",
        "C:part",
        "x\\u0000",
        "x\\n",
        ".hidden",
        "naïve"
      })
  void refusesIndexesThatLeaveTheDirectory(String name) throws IOException {
    write(folder, "model.safetensors.index.json", "{\"weight_map\": {\"t\": \"" + name + "\"}}");
    badFolder("model.safetensors.index.json: weight_map.t: expected the plain name of a file");
  }

  @Test
  void refusesIndexesThatAreWrong() throws IOException {
    String index = "model.safetensors.index.json";
    write(folder, index, "{}");
    badFolder(index + ": weight_map: missing");
    write(folder, index, "{\"weight_map\": {\"t\": 1}}");
    badFolder(index + ": weight_map.t: expected a string");
    write(folder, index, "{\"weight_map\": {\"t\": \"p\", \"t\": \"q\"}}");
    badFolder(index + ": no sound JSON", "Duplicate");
    write(folder, index, "{\"weight_map\": {\"t\": \"p1\", \"u\": \"p2\"}}");
    write(folder, "p1", safetensors(ONE, 8));
    badFolder("p2: does not exist");
    write(folder, "p2", safetensors(ONE, 8));
    badFolder("p2: u: the index says that this tensor is here, but it is not");
  }

  @Test
  void refusesHeadersLongerThanTheFile() {
    for (long length : new long[] {9, 1L << 60, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      byte[] bytes = safetensors("{}", 0);
      System.arraycopy(GgufBytes.int64(length), 0, bytes, 0, 8);
      refusedSafetensors(bytes, "header: expected at most 2 bytes", Long.toUnsignedString(length));
    }
    refusedSafetensors(new byte[7], "7 bytes are too few");
    refusedSafetensors(new byte[8], "header: expected it to begin with a brace");
    refusedSafetensors(safetensors(" {}", 0), "begin with a brace");
  }

  @Test
  void refusesHeadersBeyondTheLimitOfTheFormat() {
    byte[] bytes = new byte[100_000_100];
    Arrays.fill(bytes, (byte) ' ');
    System.arraycopy(GgufBytes.int64(100_000_001), 0, bytes, 0, 8);
    refusedSafetensors(bytes, "header: expected at most 100000000 bytes");
  }

  @Test
  void acceptsHeadersPaddedWithSpaces() {
    assertEquals(1, parse(ONE + "     ", 8).size());
    assertEquals(0, parse("{\"__metadata__\": {\"format\": \"pt\"}}", 0).size());
  }

  @Test
  void refusesHeadersThatAreNoStrictJson() {
    refusedSafetensors(safetensors("{", 0), "header: no sound JSON");
    refusedSafetensors(safetensors("{} x", 0), "header");
    refusedSafetensors(safetensors("{}\0", 0), "header");
    refusedSafetensors(safetensors("{\"t\":" + "[".repeat(9000), 0), "t: expected an object");
    refusedSafetensors(
        safetensors(ONE.substring(0, ONE.length() - 1) + "," + ONE.substring(1), 8), "Duplicate");
    refusedSafetensors(
        safetensors("{\"__metadata__\": {\"a\": {\"b\": \"c\"}}}", 0), "expected only strings");
    refusedSafetensors(safetensors("{\"__metadata__\": 1}", 0), "__metadata__: expected an object");
    refusedSafetensors(safetensors("{\"\\u001b[2J\": {}}", 0), "control characters");
  }

  @Test
  void refusesEntriesThatAreIncompleteOrOdd() {
    for (String entry :
        List.of(
            "1",
            "{}",
            "{\"dtype\": \"F32\", \"shape\": [2]}",
            "{\"dtype\": 1, \"shape\": [2], \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": 2, \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [\"2\"], \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [2.0], \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [-2], \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [[2]], \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [18446744073709551618], \"data_offsets\": [0, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0]}",
            "{\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4, 8]}",
            "{\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": {}}",
            "{\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8], \"scale\": 2}",
            "{\"dtype\": \"F32\", \"shape\": ["
                + "1,".repeat(16)
                + "2], \"data_offsets\": [0, 8]}")) {
      refusedSafetensors(safetensors("{\"t\": " + entry + "}", 8), ": t: expected");
    }
  }

  @Test
  void refusesUnknownDtypesByName() {
    byte[] bytes = safetensors(tensor("t", "F7", "[2]", "[0, 8]"), 8);
    refused(
        MixtureException.Unsupported.class,
        () -> SafetensorsFile.parse("x", MemorySegment.ofArray(bytes)),
        "x: t: dtype \"F7\" is not supported",
        "BF16");
  }

  @Test
  void refusesSizesThatDisagree() {
    refusedSafetensors(
        safetensors(tensor("t", "F32", "[3]", "[0, 8]"), 8), "t: F32 of shape [3] needs 12 bytes");
    refusedSafetensors(safetensors(tensor("t", "F32", "[2]", "[8, 0]"), 8), "t: ");
    refusedSafetensors(
        safetensors(tensor("t", "U8", "[4294967296, 4294967296]", "[0, 0]"), 0), "beyond 2^63");
    refusedSafetensors(
        safetensors(tensor("t", "F64", "[2305843009213693952]", "[0, 0]"), 0), "beyond 2^63");
    refusedSafetensors(
        safetensors(tensor("t", "F4", "[3]", "[0, 1]"), 1), "no whole number of bytes");
  }

  @Test
  void refusesDataBeyondTheFile() {
    refusedSafetensors(
        safetensors(ONE, 7), "t: takes the bytes 0 to 8 of the data, which has only 7");
    long far = Long.MAX_VALUE - 8;
    refusedSafetensors(
        safetensors(tensor("t", "F32", "[2]", "[" + far + ", " + (far + 8) + "]"), 8), "t: takes");
  }

  @Test
  void refusesGapsAndOverlaps() {
    String first = tensor("a", "F32", "[2]", "[0, 8]");
    String start = first.substring(0, first.length() - 1) + ", ";
    refusedSafetensors(
        safetensors(start + tensor("b", "F32", "[1]", "[4, 8]").substring(1), 8),
        "b: begins at byte 4 of the data, expected 8, where a ends");
    refusedSafetensors(
        safetensors(start + tensor("b", "F32", "[1]", "[12, 16]").substring(1), 16),
        "b: begins at byte 12 of the data, expected 8");
    refusedSafetensors(
        safetensors(tensor("t", "F32", "[1]", "[4, 8]"), 8), "expected 0, where the header ends");
    refusedSafetensors(safetensors(ONE, 9), "1 bytes after the last tensor");
  }

  @Test
  void opensFiftyThousandTensors() {
    StringBuilder header = new StringBuilder("{");
    StringBuilder index = new StringBuilder("{\"weight_map\": {");
    for (int i = 0; i < 50_000; i++) {
      String name = "model.layers." + i / 384 + ".mlp.experts." + i % 384 + ".gate_proj.weight";
      String entry = tensor(name, "U8", "[1]", "[" + i + ", " + (i + 1) + "]");
      header.append(i == 0 ? "" : ",").append(entry, 1, entry.length() - 1);
      index.append(i == 0 ? "" : ",").append("\"" + name + "\": \"part\"");
    }
    write(folder, "part", safetensors(header + "}", 50_000));
    write(folder, "model.safetensors.index.json", index + "}}");
    try (ModelFile file = ModelFile.open(folder)) {
      assertEquals(50_000, file.tensors().size());
      file.tensor("model.layers.130.mlp.experts.79.gate_proj.weight", 1);
    }
  }
}
