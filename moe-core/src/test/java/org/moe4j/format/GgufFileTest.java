// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.moe4j.format.FormatFiles.fixture;
import static org.moe4j.format.FormatFiles.refused;
import static org.moe4j.format.FormatFiles.write;
import static org.moe4j.format.GgufBytes.int32;
import static org.moe4j.format.GgufBytes.int64;
import static org.moe4j.format.GgufBytes.join;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.MixtureException;

@Timeout(60)
class GgufFileTest {

  @TempDir private Path folder;

  private static GgufParser.Part parse(GgufBytes file) {
    return GgufParser.parse("x.gguf", MemorySegment.ofArray(file.build()));
  }

  @Test
  void readsWhatTheReferenceWrites() {
    try (ModelFile file = ModelFile.open(fixture("reference.gguf"))) {
      Config config = file.config();
      assertEquals("qwen3moe", config.text("general.architecture"));
      assertEquals(200, config.int32("kind.uint8"));
      assertEquals(-100, config.integer("kind.int8"));
      assertEquals(60000, config.int32("kind.uint16"));
      assertEquals(-30000, config.integer("kind.int16"));
      assertEquals(4000000000L, config.integer("kind.uint32"));
      assertEquals(-2000000000, config.integer("kind.int32"));
      assertEquals(1L << 62, config.integer("kind.uint64"));
      assertEquals(-(1L << 62), config.integer("kind.int64"));
      assertEquals(0.1f, config.number("kind.float32"));
      assertEquals(0.1, config.number("kind.float64"));
      assertTrue(config.flag("kind.bool"));
      assertEquals("Größe 🙂", config.text("kind.string"));
      assertEquals(List.of("a", "", "ßß", "🙂"), config.strings("kind.strings"));
      assertArrayEquals(new int[] {3, -1, 2}, config.ints("kind.ints"));
      assertArrayEquals(new float[] {0.5f, -1.5f}, config.floats("kind.floats"));
      assertArrayEquals(new boolean[] {true, false, true}, config.flags("kind.bools"));
      assertArrayEquals(new int[] {1, 2, 255}, config.ints("kind.bytes"));
      assertEquals(64, config.int32("general.alignment"));
      assertEquals(Optional.of("{{ messages }}"), file.chatTemplate());

      assertArrayEquals(
          new float[] {0, 1, 2, 3, 4, 5}, FormatFiles.floats(file.tensor("matrix", 2, 3)));
      assertArrayEquals(new float[] {0, 1, 2, 3, 4}, FormatFiles.floats(file.tensor("vector", 5)));
      TensorData experts = file.tensor("experts", 3, 2, 64);
      assertEquals(TensorType.Q8_0, experts.type());
      assertEquals(3 * 2 * 2 * 34, experts.bytes());
      float[] values = FormatFiles.floats(experts.slice(2));
      for (int i = 0; i < values.length; i++) {
        assertEquals(-1 + 2 * (256 + i) / 383f, values[i], 0.005, "element " + i);
      }
    }
  }

  @Test
  void joinsTheSplitSetOfTheReference() throws IOException {
    Path first = fixture("split-00001-of-00003.gguf");
    try (ModelFile file = ModelFile.open(first)) {
      assertEquals(List.of("t0", "t1", "t2", "t3", "t4"), names(file));
      for (int i = 0; i < 5; i++) {
        assertArrayEquals(new float[] {i, i, i, i}, FormatFiles.floats(file.tensor("t" + i, 4)));
      }
      assertEquals("llama", file.config().text("general.architecture"));
      assertTrue(file.tensor("t4").file().endsWith("split-00003-of-00003.gguf"));
      long bytes = 0;
      for (int part = 1; part <= 3; part++) {
        bytes += Files.size(first.resolveSibling("split-0000" + part + "-of-00003.gguf"));
      }
      assertEquals(bytes, file.bytes());
    }
  }

  private static List<String> names(ModelFile file) {
    return file.tensors().stream().map(TensorData::name).toList();
  }

  /** Part {@code number}, from 0, of a set. */
  private static GgufBytes part(int number, int parts, int tensors) {
    return new GgufBytes()
        .uint16("split.no", number)
        .uint16("split.count", parts)
        .key("split.tensors.count", 5, int32(tensors));
  }

  private void badSet(String name, String... named) throws IOException {
    refused(
        MixtureException.BadFile.class, () -> ModelFile.open(folder.resolve(name)).close(), named);
    FormatFiles.assertNothingOpen(folder);
  }

  @Test
  void refusesSetsThatDoNotFitTogether() throws IOException {
    String first = "m-00001-of-00002.gguf";
    String second = "m-00002-of-00002.gguf";
    write(folder, first, part(0, 2, 2).zeros("a", TensorType.F32, 1).build());
    badSet(first, second, "does not exist");

    write(folder, second, part(1, 2, 2).zeros("a", TensorType.F32, 1).build());
    badSet(first, second, "a: is also in", first);

    write(
        folder,
        second,
        part(1, 2, 2).zeros("b", TensorType.F32, 1).zeros("c", TensorType.F32, 1).build());
    badSet(first, "split.tensors.count", "expected 2 tensors in 2 parts, found 3");

    write(folder, second, part(1, 3, 2).zeros("b", TensorType.F32, 1).build());
    badSet(first, second, "expected part 2 of 2, found part 2 of 3");

    write(folder, second, new GgufBytes().zeros("b", TensorType.F32, 1).build());
    badSet(first, second, "split.no: missing");

    write(folder, second, part(1, 2, 2).zeros("b", TensorType.F32, 1).build());
    badSet(second, "this is part 2 of 2, open the first: m-00001-of-00002.gguf");

    write(folder, "renamed.gguf", part(0, 2, 2).zeros("a", TensorType.F32, 1).build());
    badSet("renamed.gguf", "split.count", "must be called NAME-00001-of-00002.gguf");

    write(folder, "m-00001-of-00009.gguf", part(0, 2, 2).zeros("a", TensorType.F32, 1).build());
    badSet("m-00001-of-00009.gguf", "must be called m-00001-of-00002.gguf");

    write(
        folder,
        "m-00001-of-99999.gguf",
        new GgufBytes().uint32("split.count", Integer.MAX_VALUE).build());
    badSet("m-00001-of-99999.gguf", "first of 2147483647 parts must be called");
  }

  @Test
  void joinsASetWhoseFirstPartHasOnlySettings() {
    Path first =
        write(folder, "m-00001-of-00002.gguf", part(0, 2, 1).text("general.name", "x").build());
    write(folder, "m-00002-of-00002.gguf", part(1, 2, 1).floats("a", new float[] {3}, 1).build());
    try (ModelFile file = ModelFile.open(first)) {
      assertEquals("x", file.config().text("general.name"));
      assertArrayEquals(new float[] {3}, FormatFiles.floats(file.tensor("a", 1)));
    }
  }

  @Test
  void readsVersionTwo() {
    GgufParser.Part part =
        parse(new GgufBytes().version(2).uint32("a", 5).zeros("t", TensorType.F32, 3));
    assertEquals(5, part.config().int32("a"));
    assertArrayEquals(new long[] {3}, part.tensors().getFirst().shape());
  }

  @Test
  void givesShapesOutermostFirst() {
    GgufParser.Part part = parse(new GgufBytes().zeros("exps", TensorType.Q4_0, 64, 5, 3));
    assertArrayEquals(new long[] {3, 5, 64}, part.tensors().getFirst().shape());
  }

  @Test
  void readsTensorsInAnyOrderOfTheirBytes() {
    GgufBytes file =
        new GgufBytes().header("late", TensorType.F32, 32, 8).header("early", TensorType.F32, 0, 8);
    assertEquals(
        List.of("late", "early"),
        parse(file.data(64)).tensors().stream().map(TensorData::name).toList());
  }

  @Test
  void placesTensorsAtAnAlignmentOfOne() {
    GgufBytes file =
        new GgufBytes().uint32("general.alignment", 1).header("t", TensorType.F32, 5, 2).data(96);
    assertEquals(8, parse(file).tensors().getFirst().bytes());
  }

  @Test
  void readsAFileWithoutTensors() {
    GgufParser.Part part = parse(new GgufBytes().text("tokenizer.ggml.model", "gpt2"));
    assertEquals(List.of(), part.tensors());
  }

  @Test
  void readsTextThatIsNoUtf8AsReplacements() {
    byte[] raw = join(int64(2), new byte[] {'a', (byte) 0xff});
    GgufParser.Part part = parse(new GgufBytes().key("text", 8, raw).list("tokens", 8, 1, raw));
    assertEquals("a\ufffd", part.config().text("text"));
    assertEquals(List.of("a\ufffd"), part.config().strings("tokens"));
  }

  @Test
  void readsNestedLists() {
    byte[] inner = join(int32(5), int64(2), int32(1), int32(-2));
    GgufParser.Part part = parse(new GgufBytes().list("nested", 9, 2, inner, inner));
    assertEquals(List.of(List.of(1L, -2L), List.of(1L, -2L)), part.config().value("nested"));
  }

  @Test
  void keepsUnsignedValuesBeyondSixtyThreeBitsAsNumbers() {
    GgufParser.Part part =
        parse(new GgufBytes().key("u", 10, int64(-1)).key("v", 10, int64(0x8000_0000_0000_0401L)));
    assertEquals(0x1p64, part.config().number("u"));
    assertEquals(0x1.0000000000001p63, part.config().number("v"));
    refused(
        MixtureException.BadFile.class, () -> part.config().integer("u"), "u: expected an integer");
  }

  @Test
  void addressesMoreElementsThanAnIntCounts() throws IOException {
    long expert = (1L << 31) + 32;
    byte[] header = new GgufBytes().header("exps", TensorType.I8, 0, 32, expert / 32, 2).build();
    Path path = folder.resolve("large.gguf");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(header);
      file.setLength(header.length + 2 * expert);
      file.seek(header.length + 2 * expert - 1);
      file.write(42);
    }
    try (ModelFile file = ModelFile.open(path)) {
      TensorData experts = file.tensor("exps", 2, expert / 32, 32);
      assertEquals(2 * expert, experts.elements());
      TensorData last = experts.slice(1);
      assertEquals(42, last.data().get(ValueLayout.JAVA_BYTE, expert - 1));
      assertEquals(
          42, last.rows(expert / 32 - 1, expert / 32).data().get(ValueLayout.JAVA_BYTE, 31));
    }
  }

  @Test
  void opensFiftyThousandTensors() {
    GgufBytes file = new GgufBytes();
    for (int i = 0; i < 50_000; i++) {
      file.zeros("blk." + i / 384 + ".ffn_gate." + i % 384 + ".weight", TensorType.F32, 1);
    }
    try (ModelFile model = ModelFile.open(write(folder, "many.gguf", file.build()))) {
      assertEquals(50_000, model.tensors().size());
      assertTrue(model.find("blk.130.ffn_gate.79.weight").isPresent());
    }
  }
}
