// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.BadValue;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.demo.DemoModel;
import org.moe4j.format.GgufBytes;

/** Weights that are NaN or infinite are found where they are. */
class ValueCheckTest {

  private static final int F32 = 0;
  private static final int F16 = 1;
  private static final int Q4_0 = 2;
  private static final int BF16 = 30;

  @TempDir private Path folder;

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Path file(GgufBytes gguf) throws IOException {
    return Files.write(folder.resolve("values.gguf"), gguf.build());
  }

  @Test
  void findsTheFirstBadElementOfEachTensor() throws IOException {
    int many = 40_000;
    GgufBytes gguf =
        new GgufBytes()
            .text("general.architecture", "unheard-of")
            .tensor("sound", F32, bytes(4 * many).array(), many)
            .tensor("f32", F32, bytes(4 * many).putFloat(4 * 33_333, Float.NaN).array(), 100, 400)
            .tensor(
                "f16",
                F16,
                bytes(2 * many)
                    .putShort(2 * 39_999, (short) 0xfc00) // minus infinity
                    .array(),
                many)
            .tensor(
                "bf16",
                BF16,
                bytes(2 * many)
                    .putShort(2 * 16_384, (short) 0x7f80) // infinity
                    .putShort(2 * 20_000, (short) 0x7fc0) // NaN
                    .array(),
                many)
            // The largest finite value of each type.
            .tensor("large", F16, bytes(64).putShort(0, (short) 0x7bff).array(), 32)
            .tensor("scale", Q4_0, bytes(18 * 100).putShort(18 * 77, (short) 0x7e00).array(), 3200);
    List<BadValue> found = MixtureModel.checkValues(file(gguf));
    assertEquals(
        List.of(
            new BadValue("f32", 33_333, Float.NaN),
            new BadValue("f16", 39_999, Float.NEGATIVE_INFINITY),
            new BadValue("bf16", 16_384, Float.POSITIVE_INFINITY),
            new BadValue("scale", 77 * 32, Float.NaN)),
        found);
  }

  /** Weights that are packed with their scales elsewhere are read as what they stand for. */
  @Test
  void packedModelsAreReadToo() throws IOException, URISyntaxException {
    Path packed =
        Path.of(Objects.requireNonNull(ValueCheckTest.class.getResource("/packed")).toURI());
    try (Stream<Path> folders = Files.list(packed)) {
      for (Path model : folders.filter(Files::isDirectory).toList()) {
        assertEquals(List.of(), MixtureModel.checkValues(model), model.toString());
      }
    }
  }

  @Test
  void aSoundModelHasNone() {
    assertEquals(List.of(), MixtureModel.checkValues(DemoModel.path()));
    MixtureModel.builder(DemoModel.path()).checkValues(true).open().close();
  }

  /** A model whose last weight is NaN, be it a float of 16 or 32 bits. */
  private Path damaged() throws IOException, URISyntaxException {
    Path sound =
        Path.of(
            Objects.requireNonNull(ValueCheckTest.class.getResource("/parity/mixtral-plain"))
                .toURI());
    Files.copy(sound.resolve("config.json"), folder.resolve("config.json"));
    byte[] weights = Files.readAllBytes(sound.resolve("model.safetensors"));
    weights[weights.length - 1] = 0x7f;
    weights[weights.length - 2] = (byte) 0xff;
    Files.write(folder.resolve("model.safetensors"), weights);
    return folder;
  }

  @Test
  void openingRefusesThemByNameWhenAsked() throws IOException, URISyntaxException {
    Path damaged = damaged();
    List<BadValue> found = MixtureModel.checkValues(damaged);
    assertEquals(1, found.size());
    MixtureException.BadFile refusal =
        assertThrows(
            MixtureException.BadFile.class,
            () -> MixtureModel.builder(damaged).checkValues(true).open());
    assertEquals(found.getFirst().tensor(), refusal.part().orElseThrow());
    assertTrue(
        refusal.getMessage().contains("element " + found.getFirst().index() + " is NaN"),
        refusal.getMessage());
    MixtureModel.open(damaged).close();
  }

  @Test
  void checkingReportsProgressAndCanBeCancelled() {
    List<String> stages = new ArrayList<>();
    assertThrows(
        MixtureException.Closed.class,
        () ->
            MixtureModel.builder(DemoModel.path())
                .checkValues(true)
                .progress((stage, fraction) -> {
                  stages.add(stage);
                  return !stage.equals("checking values") || fraction < 0.5;
                })
                .open());
    assertEquals("checking values", stages.getLast());
    assertFalse(
        Thread.getAllStackTraces().keySet().stream()
            .anyMatch(thread -> thread.getName().startsWith("moe4j-check")));
  }
}
