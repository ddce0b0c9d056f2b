// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.FinishReason;
import org.moe4j.Generation;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;

/** Opening, closing and running out of room. */
@Timeout(120)
class LifecycleTest {

  private static Request endless(int seed) {
    return Request.tokens(1, 497, 201)
        .temperature(1)
        .seed(seed)
        .maxTokens(1000)
        .ignoreEnd(true)
        .build();
  }

  /** Bytes of the model with one sequence. */
  private static long required(int tokens) {
    return MixtureModel.builder(DemoModel.path()).contextLength(tokens).plan().required();
  }

  @Test
  void closingWhileRequestsRunEndsThemAsCancelled() {
    MixtureModel model = MixtureModel.open(DemoModel.path());
    List<Generation> running = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      running.add(model.start(endless(i)));
    }
    running.getFirst().iterator().next();
    model.close();
    model.close();
    for (Generation generation : running) {
      assertEquals(FinishReason.CANCELLED, generation.await().finishReason());
    }
    assertThrows(MixtureException.Closed.class, () -> model.start(endless(1)));
    assertThrows(MixtureException.Closed.class, () -> model.score(new int[] {1}));
    var expert = model.expert(0, 0);
    assertThrows(MixtureException.Closed.class, () -> expert.apply(new float[256], 1));
  }

  @Test
  void closingGivesBackThreadsAndMaps() throws IOException {
    Path copy = Files.createTempFile("moe4j", ".gguf");
    Files.copy(DemoModel.path(), copy, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (MixtureModel model = MixtureModel.open(copy)) {
      assertEquals(1, model.generate(Request.tokens(5).maxTokens(1).build()).ids().length);
      assertTrue(threads().anyMatch(name -> name.startsWith("moe4j")));
    }
    assertFalse(threads().anyMatch(name -> name.startsWith("moe4j-engine")));
    Path maps = Path.of("/proc/self/maps");
    if (Files.exists(maps)) {
      assertFalse(Files.readString(maps).contains(copy.getFileName().toString()));
    }
    Files.delete(copy);
  }

  private static Stream<String> threads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName);
  }

  @Test
  void aFullQueueRejectsAtOnce() {
    // Memory for one sequence of the whole context: the second request has to wait, the third finds
    // the queue full.
    long limit = required(1024);
    try (MixtureModel model =
        MixtureModel.builder(DemoModel.path())
            .contextLength(1024)
            .memoryLimit(limit)
            .queueLimit(1)
            .open()) {
      Generation first = model.start(endless(1));
      first.iterator().next();
      Generation second = model.start(endless(2));
      MixtureException.Rejected rejected =
          assertThrows(MixtureException.Rejected.class, () -> model.start(endless(3)));
      assertTrue(rejected.retryAfter().isPresent());
      first.cancel();
      second.iterator().next();
      second.cancel();
      assertEquals(FinishReason.CANCELLED, second.await().finishReason());
    }
  }

  @Test
  void aWaitingRequestCanBeCancelledAndTimesOut() {
    try (MixtureModel model =
        MixtureModel.builder(DemoModel.path())
            .contextLength(1024)
            .memoryLimit(required(1024))
            .open()) {
      Generation first = model.start(endless(1));
      first.iterator().next();
      Generation cancelled = model.start(endless(2));
      cancelled.cancel();
      assertEquals(FinishReason.CANCELLED, cancelled.await().finishReason());
      Request hurried = Request.tokens(1).maxTokens(1000).deadline(Duration.ofMillis(20)).build();
      assertEquals(FinishReason.DEADLINE, model.generate(hurried).finishReason());
      assertFalse(first.isDone());
    }
  }

  @Test
  void tooLittleMemoryIsRefusedWithBothNumbers() {
    MixtureException.Rejected rejected =
        assertThrows(
            MixtureException.Rejected.class,
            () -> MixtureModel.builder(DemoModel.path()).memoryLimit(1_000_000).open());
    assertTrue(rejected.getMessage().contains("1,000,000"), rejected.getMessage());
    String needed = String.format(Locale.ROOT, "%,d", required(1));
    assertTrue(rejected.getMessage().contains(needed), rejected.getMessage());
  }

  @Test
  void aRequestThatCanNeverFitIsRejected() {
    try (MixtureModel model =
        MixtureModel.builder(DemoModel.path()).memoryLimit(required(128)).open()) {
      assertThrows(MixtureException.Rejected.class, () -> model.start(endless(1)));
      assertEquals(
          10, model.generate(Request.tokens(1).maxTokens(10).ignoreEnd(true).build()).ids().length);
    }
  }

  @Test
  void openingReportsProgressAndCanBeCancelled() {
    List<Double> fractions = new ArrayList<>();
    MixtureModel.builder(DemoModel.path())
        .progress((stage, fraction) -> {
          fractions.add(fraction);
          return true;
        })
        .open()
        .close();
    assertTrue(fractions.size() > 10);
    assertEquals(1.0, fractions.getLast());
    assertEquals(fractions.stream().sorted().toList(), fractions);
    assertThrows(
        MixtureException.Closed.class,
        () ->
            MixtureModel.builder(DemoModel.path())
                .progress((stage, fraction) -> fraction < 0.5)
                .open());
    assertFalse(threads().anyMatch(name -> name.startsWith("moe4j-engine")));
  }

  @Test
  void anUnknownDeviceIsRefusedByName() {
    MixtureException.BadRequest refused =
        assertThrows(
            MixtureException.BadRequest.class,
            () -> MixtureModel.builder(DemoModel.path()).device("abacus").open());
    assertTrue(refused.getMessage().contains("abacus"), refused.getMessage());
    assertTrue(refused.getMessage().contains("scalar"), refused.getMessage());
  }

  @Test
  void inspectDescribesTheDemoModel() {
    ModelInfo info = MixtureModel.inspect(DemoModel.path());
    assertEquals("qwen3moe", info.family());
    assertEquals(6, info.layers());
    assertEquals(List.of(0, 1, 2, 3, 4, 5), info.moeLayers());
    assertEquals(32, info.experts());
    assertEquals(4, info.expertsPerToken());
    assertEquals(4096, info.vocabularySize());
    assertEquals(1024, info.contextLength());
    assertEquals(21_155_840, info.parameters());
    assertEquals(6 * 2 * 2 * 64, info.cacheValuesPerToken());
    assertEquals(List.of(), info.unsupported());
    assertTrue(info.activeBytesPerToken() < info.bytes() / 3);
  }

  @Test
  void missingAndDamagedFilesAreRefusedByName(@TempDir Path directory) throws IOException {
    Path missing = directory.resolve("missing.gguf");
    MixtureException.BadFile none =
        assertThrows(MixtureException.BadFile.class, () -> MixtureModel.open(missing));
    assertTrue(none.getMessage().contains("missing.gguf"), none.getMessage());
    byte[] bytes = Files.readAllBytes(DemoModel.path());
    for (int length : new int[] {0, 3, 24, 1000, 200_000, 10_000_000, bytes.length - 1}) {
      Path cut = directory.resolve("cut-" + length + ".gguf");
      Files.write(cut, java.util.Arrays.copyOf(bytes, length));
      assertThrows(MixtureException.BadFile.class, () -> MixtureModel.open(cut));
      assertThrows(MixtureException.BadFile.class, () -> MixtureModel.inspect(cut));
    }
  }
}
